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
      for destination in context.destinations.all {
        group.addTask { await askAll(destination) }
      }
    }
  }

  private func askAll(_ destination: Destination) async {
    let requests = CommitmentRequests(context: context)
    while !context.isDraining, !Task.isCancelled {
      var wait: Duration?
      do {
        let uid = UID.newTransaction()
        let opening = try await context.ledger.openTransaction(
          uid, to: destination.name, policy: destination.peer.commitment.policy, now: context.clock.now())
        switch opening {
        case .opened(let transaction):
          context.wakeFollowers()
          try await requests.ask(transaction, of: destination)
          wait = .zero
        case .nothingDue(let next):
          wait = next.map { max($0.since(context.clock.now()), .milliseconds(10)) }
        }
      } catch {
        context.logger.error("commitment not asked for: \(error)", metadata: ["peer": "\(destination.name)"])
        wait = .seconds(5)
      }
      await destination.commitmentSignal.wait(atMost: wait)
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
