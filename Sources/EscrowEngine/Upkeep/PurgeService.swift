import EscrowSpool
import EscrowCore
import Logging
import NIOConcurrencyHelpers

/// Deletes what the purge guard lets go: intent durable, files unlinked and directories synced, then `purged`.
struct PurgeService: Sendable {
  private let context: EngineContext
  /// Instances whose file could not be removed, and of which that was said.
  private let told = NIOLockedValueBox<Set<InstanceID>>([])

  /// Instances in one step.
  static let batch = 500

  init(context: EngineContext) { self.context = context }

  /// Purges everything that is due now.
  func purgeDue() async throws {
    while !context.isDraining {
      let now = try await context.clockGuard.review(in: context)
      let tickets = try await context.ledger.beginPurge(limit: Self.batch, now: now)
      let gone = try await finish(tickets)
      if gone == 0 || tickets.count < Self.batch { return }
    }
  }

  /// Finishes purges whose intent is durable, also those that a dead process began. Returns how many; what cannot be
  /// removed is tried again with the next.
  func finish(_ tickets: [PurgeTicket]) async throws -> Int {
    guard !tickets.isEmpty else { return 0 }
    let gone = try await remove(tickets)
    guard !gone.isEmpty else { return 0 }
    try await context.ledger.finishPurge(gone.map(\.instance), now: context.clock.now())
    context.logger.info("purged \(gone.count) instances")
    context.wakeFollowers()
    return gone.count
  }

  /// Removes the files: all at once, and one by one if that fails, so that one that stays keeps no other.
  private func remove(_ tickets: [PurgeTicket]) async throws -> [PurgeTicket] {
    do {
      try await context.spool.remove(tickets.map(\.file))
      return tickets
    } catch let error as SpoolError where error != .stopped {
      var gone: [PurgeTicket] = []
      for ticket in tickets {
        do {
          try await context.spool.remove([ticket.file])
          gone.append(ticket)
        } catch let error as SpoolError where error != .stopped {
          await tell(ticket, error)
        }
      }
      return gone
    }
  }

  private func tell(_ ticket: PurgeTicket, _ error: SpoolError) async {
    await context.note(failure: error)
    guard told.withLockedValue({ $0.insert(ticket.instance).inserted }) else { return }
    context.logger.error(
      "a file cannot be removed, and is tried again: \(error)", metadata: ["instance": "\(ticket.instance)"])
  }
}
