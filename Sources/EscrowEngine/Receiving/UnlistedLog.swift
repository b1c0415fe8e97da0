package import EscrowCore
import NIOConcurrencyHelpers

/// What unlisted senders tried, on its way to the record: together, so that a flood costs one write in a while.
package final class UnlistedLog: Sendable {
  private let waiting = NIOLockedValueBox(UnlistedSenders())

  package init() {}

  package func note(_ sender: UnlistedSender) { waiting.withLockedValue { $0.note(sender) } }

  /// Writes down what waits; what the ledger does not take waits on.
  package func record(in ledger: any UnlistedLedger, now: Timestamp) async throws {
    let taken = waiting.withLockedValue { waiting in
      defer { waiting = UnlistedSenders() }
      return waiting
    }
    guard !taken.isEmpty else { return }
    do {
      try await ledger.recordUnlisted(taken.latest.reversed(), now: now)
    } catch {
      waiting.withLockedValue { waiting in
        let came = waiting
        waiting = taken
        for sender in came.latest.reversed() { waiting.note(sender) }
      }
      throw error
    }
  }
}
