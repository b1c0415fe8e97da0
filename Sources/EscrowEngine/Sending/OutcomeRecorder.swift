package import EscrowCore
import Logging
import NIOConcurrencyHelpers

/// Writes the outcomes of attempts to the ledger, everything that waits in one transaction: the first at once, those that
/// come right after it together.
///
/// Senders do not wait for it: an outcome that a crash takes along means that the instance is sent once more.
package final class OutcomeRecorder: Sendable {
  private struct Inbox {
    var outcomes: [AttemptOutcome] = []
    var destinations: Set<PeerName> = []
  }

  private let inbox = NIOLockedValueBox(Inbox())
  private let signal = Signal()
  private let isClosed = NIOLockedValueBox(false)

  /// The least time between two writes: a transaction for each outcome would cost more than sending does.
  private static let pause = Duration.milliseconds(20)

  package init() {}

  package func record(_ outcomes: [AttemptOutcome], of destination: Destination) {
    guard !outcomes.isEmpty else { return }
    inbox.withLockedValue { inbox in
      inbox.outcomes.append(contentsOf: outcomes)
      inbox.destinations.insert(destination.name)
    }
    signal.wake()
  }

  /// No more outcomes will come: ``run(context:)`` records the rest and returns.
  package func close() {
    isClosed.withLockedValue { $0 = true }
    signal.wake()
  }

  package func run(context: EngineContext) async {
    while !Task.isCancelled {
      let waiting = inbox.withLockedValue { inbox in
        defer { inbox = Inbox() }
        return inbox
      }
      if !waiting.outcomes.isEmpty {
        await write(waiting, context: context)
        if !isClosed.withLockedValue({ $0 }) { try? await Task.sleep(for: Self.pause) }
      } else if isClosed.withLockedValue({ $0 }) {
        return
      } else {
        await signal.wait()
      }
    }
  }

  private func write(_ waiting: Inbox, context: EngineContext) async {
    let keys = waiting.outcomes.map(\.key)
    while !Task.isCancelled {
      do {
        // Before they are on record: a claim that is taken back may be claimed again under the same key at once.
        context.leases.end(keys)
        try await context.ledger.record(waiting.outcomes, now: context.clock.now())
        // Who is there now, not who was when the attempt began.
        for destination in waiting.destinations.compactMap({ context.destinations[$0] }) {
          destination.noteWork()
          destination.wakeAsking()
        }
        return context.wakeFollowers()
      } catch {
        context.leases.hold(keys)
        await context.note(failure: error)
        context.logger.error("outcomes of \(waiting.outcomes.count) attempts not recorded, trying again: \(error)")
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }
}
