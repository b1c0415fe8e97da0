package import DICOM
import EscrowCore
import Logging
import ServiceLifecycle

/// Asks the destinations for storage commitment: one loop per destination.
package struct CommitmentService: Service {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  package func run() async throws {
    await withDiscardingTaskGroup { group in
      for await destination in context.destinations.stream() {
        group.addTask { await askAll(destination) }
      }
    }
  }

  /// Asks for what is due, one transaction after the other, while the destination is there to be asked.
  private func askAll(_ destination: Destination) async {
    var notSent = 0
    while !context.isDraining, !destination.isRetired, !Task.isCancelled {
      guard destination.health.current.state == .up else {
        // Woken when it is up again.
        await destination.commitmentSignal.wait(atMost: .seconds(60))
        continue
      }
      do {
        switch try await askNext(destination) {
        case .asked:
          notSent = 0
        case .notSent:
          notSent += 1
          await pause(afterFailures: notSent, of: destination)
        case .nothingDue(let wait):
          await destination.commitmentSignal.wait(atMost: wait)
        }
      } catch {
        await context.note(failure: error)
        context.logger.error("commitment not asked for: \(error)", metadata: ["peer": "\(destination.name)"])
        await destination.commitmentSignal.wait(atMost: .seconds(5))
      }
    }
  }

  private enum Step {
    case asked
    case notSent
    /// Nil waits for something to be sent.
    case nothingDue(Duration?)
  }

  /// How long what an operator wished is asked for.
  private static let patience = Duration.days(7)

  private func askNext(_ destination: Destination) async throws -> Step {
    let now = context.clock.now()
    let policy = destination.peer.commitment.policy
    let wished = try await context.ledger.nextManualRequest(
      .newTransaction(), to: destination.name, policy: policy, givingUp: now - Self.patience, now: now)
    if case .opened(let transaction) = wished { return try await ask(transaction, of: destination) }
    let routed = try await context.ledger.openTransaction(
      .newTransaction(), to: destination.name, policy: policy, now: now)
    if case .opened(let transaction) = routed { return try await ask(transaction, of: destination) }
    let next = [wished, routed].compactMap { if case .nothingDue(let next?) = $0 { next } else { nil } }.min()
    return .nothingDue(next.map { max($0.since(context.clock.now()), .milliseconds(10)) })
  }

  private func ask(_ transaction: CommitmentTransaction, of destination: Destination) async throws -> Step {
    context.wakeFollowers()
    let answer = try await CommitmentRequests(context: context).ask(transaction, of: destination)
    if case .notSent = answer { return .notSent }
    return .asked
  }

  /// Waits for the back-off's time whatever happens meanwhile: each try is a transaction on record.
  private func pause(afterFailures failures: Int, of destination: Destination) async {
    let wait = destination.peer.retry.wait(afterFailures: failures, jitter: .random(in: 0...1))
    let end = context.clock.monotonic() + wait
    while !context.isDraining, !Task.isCancelled {
      let left = end.since(context.clock.monotonic())
      guard left > .zero else { return }
      await destination.commitmentSignal.wait(atMost: left)
    }
  }
}

extension UID {
  /// A new Transaction UID: `2.25.` and a random UUID as a decimal number (PS3.5 §B.2).
  package static func newTransaction() -> UID {
    var high = UInt64.random(in: .min ... .max)
    var low = UInt64.random(in: .min ... .max)
    high = high & ~0xF000 | 0x4000
    low = low & ~(3 << 62) | 1 << 63
    return UID("2.25.\(UInt128(high) << 64 | UInt128(low))")
  }
}
