import EscrowSpool
import EscrowCore
import Logging

/// Deletes what the purge guard lets go: intent durable, files unlinked and directories synced, then `purged`.
struct PurgeService: Sendable {
  let context: EngineContext

  /// Instances in one step.
  static let batch = 500

  /// Purges everything that is due now.
  func purgeDue() async throws {
    while !context.isDraining {
      let now = try await context.clockGuard.review(in: context)
      let tickets = try await context.ledger.beginPurge(limit: Self.batch, now: now)
      if tickets.isEmpty { return }
      try await finish(tickets)
      if tickets.count < Self.batch { return }
    }
  }

  /// Finishes purges whose intent is durable, also those that a dead process began.
  func finish(_ tickets: [PurgeTicket]) async throws {
    guard !tickets.isEmpty else { return }
    try await context.spool.remove(tickets.map(\.file))
    try await context.ledger.finishPurge(tickets.map(\.instance), now: context.clock.now())
    context.logger.info("purged \(tickets.count) instances")
    context.wakeFollowers()
  }
}
