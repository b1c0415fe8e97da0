import DICOM
import EscrowConfiguration
package import EscrowCore

/// What an operator does to a whole destination: stop it, let it go on, send what waits for it elsewhere, give it up.
package struct DestinationOperations: Sendable {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  /// Nothing is claimed for it from now on; what is being sent ends. Throws ``DestinationError`` if it is unknown.
  package func drain(_ name: PeerName, actor: String, reason: String) async throws {
    try await stop(name, .destinationPaused, "paused", actor: actor, reason: reason)
  }

  /// Undoes ``drain(_:actor:reason:)`` and ``retire(_:by:)``; false when it was not stopped.
  package func resume(_ name: PeerName, actor: String, reason: String?) async throws -> Bool {
    guard let stop = context.stops[name] else { return false }
    let event = Self.event(name, "resumed", reason: reason, actor: actor, now: context.clock.now())
    try await context.ledger.clear(stop.kind, subject: name.rawValue, event: event)
    try await review()
    context.destinations[name]?.noteWork()
    context.webhooks()
    return true
  }

  /// Sends to `target` what is queued or failed for `name`. Throws ``DestinationError`` when that cannot be.
  package func repoint(
    _ name: PeerName, to target: PeerName, by order: BulkOrder
  ) async throws -> BulkResult<DeliveryID> {
    guard name != target else { throw DestinationError.itself(name) }
    guard let peer = context.destinations[target]?.peer else { throw DestinationError.unknown(target) }
    if let stop = context.stops[target] { throw DestinationError.stopped(target, stop.text) }
    let missing = try await context.ledger.openProofs(at: name).subtracting(peer.proofs).sorted()
    guard missing.isEmpty else { throw DestinationError.cannotProve(target, missing) }
    let filter = DeliveryFilter(states: [.queued, .failed], destinations: [name])
    defer { wake(order) }
    return try await context.ledger.repoint(
      filter, to: RepointTarget(target, proofs: peer.proofs, overwrites: peer.overwrites), by: order,
      now: context.clock.now())
  }

  /// Stops it for good, and cancels and waives all that is open for it.
  package func retire(_ name: PeerName, by order: BulkOrder) async throws -> BulkResult<DeliveryID> {
    let filter = DeliveryFilter(
      states: [.queued, .sending, .sent, .requested, .failed, .cancelled], destinations: [name])
    if !order.dryRun {
      try await order.check(matched: context.ledger.count(filter))
      try await stop(name, .destinationRetired, "retired", actor: order.actor, reason: order.reason ?? "retired")
    }
    defer { wake(order) }
    return try await context.ledger.change(filter, .giveUp, by: order, now: context.clock.now())
  }

  /// The routes that send to it.
  package func routes(to name: PeerName) -> [String] {
    context.settings.routes.routes.filter {
      $0.sends.contains { $0.destinations.contains(name) || $0.terms.alternative?.destination == name }
    }.map(\.name)
  }

  /// Knows again what operators stopped, e.g. after a start.
  package func review() async throws {
    try await context.stops.note { try await context.ledger.alarms(of: OperatorStops.kinds) }
  }

  private func stop(
    _ name: PeerName, _ kind: AlarmKind, _ done: String, actor: String, reason: String
  ) async throws {
    if context.destinations[name] == nil {
      guard try await context.ledger.count(DeliveryFilter(destinations: [name])) > 0 else {
        throw DestinationError.unknown(name)
      }
    }
    let now = context.clock.now()
    for other in AlarmKind.stopsSending where other != kind {
      try await context.ledger.clear(other, subject: name.rawValue, event: nil)
    }
    try await context.ledger.raise(
      Alarm(kind, subject: name.rawValue, since: now, text: "\(done) by \(actor): \(reason)"),
      event: Self.event(name, done, reason: reason, actor: actor, now: now))
    try await review()
    context.destinations[name]?.wake()
  }

  private func wake(_ order: BulkOrder) {
    guard !order.dryRun else { return }
    context.wakeDestinations()
    context.wakeFollowers()
  }

  private static func event(
    _ name: PeerName, _ done: String, reason: String?, actor: String, now: Timestamp
  ) -> EscrowEvent {
    EscrowEvent(
      .operatorAction, at: now, destination: name,
      reason: "destination \(done)" + (reason.map { ": \($0)" } ?? ""), actor: actor)
  }
}

/// Why something cannot be done to a destination.
package enum DestinationError: Error, Equatable, CustomStringConvertible {
  case unknown(PeerName)
  case itself(PeerName)
  case stopped(PeerName, String)
  case cannotProve(PeerName, [Proof])

  package var description: String {
    switch self {
    case .unknown(let name): "no peer \(name) with host and port is configured, and nothing waits for one"
    case .itself(let name): "\(name) is where they go now: name another destination"
    case .stopped(let name, let text): "nothing is sent to \(name): \(text)"
    case .cannotProve(let name, let proofs):
      "deliveries want the proof \(proofs.map(\.rawValue).joined(separator: " or ")), which \(name) cannot give: add "
        + "report to its allow, or name another destination"
    }
  }
}

extension Peer {
  /// What may be proved of deliveries to it. Whoever stores can be asked by a query what it has.
  package var proofs: Set<Proof> {
    allow.contains(.report) ? [.response, .query, .commitment] : [.response, .query]
  }
}
