import EscrowCore
import Logging

/// Sends what waits for a destination that is down to where its route says it goes instead.
struct Failover: Sendable {
  let context: EngineContext

  /// Deliveries in one step.
  private static let step = 200

  /// Looks at every destination that has been down for its `failoverAfter`.
  func review() async throws {
    let now = context.clock.now()
    for destination in context.destinations.all {
      guard let since = destination.health.current.downSince, now.since(since) >= destination.peer.failoverAfter else {
        continue
      }
      try await replace(at: destination)
    }
  }

  private func replace(at destination: Destination) async throws {
    var total = 0
    while !context.isDraining {
      let count = try await context.ledger.replace(
        at: destination.name, limit: Self.step, now: context.clock.now())
      total += count
      if count < Self.step { break }
    }
    guard total > 0 else { return }
    context.logger.notice(
      "\(total) deliveries go to their alternative while their destination is down, or wait where that cannot stand in",
      metadata: ["peer": "\(destination.name)"])
    context.wakeDestinations()
    context.wakeFollowers()
  }
}
