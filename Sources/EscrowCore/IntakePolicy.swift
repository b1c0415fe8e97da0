/// What becomes of what a peer sends here.
package struct IntakePolicy: Sendable, Equatable {
  /// Bytes a second that it may send on all its associations together: its sockets are read no faster. Nil without a
  /// limit.
  package var maxRate: Int64?
  /// The bytes of its copies that may be here at once: beyond, it is refused. Nil without a limit.
  package var quota: Int64?
  /// Why everything that it sends is held, whatever the routes say; nil when nothing is.
  package var hold: String?

  package init(maxRate: Int64? = nil, quota: Int64? = nil, hold: String? = nil) {
    self.maxRate = maxRate
    self.quota = quota
    self.hold = hold
  }
}

extension IntakePolicy {
  /// The routes' answer for an instance of `peer`, as far as it may stand. Rerouting by an operator goes by the routes
  /// alone.
  package func applied(to plan: RoutingPlan, of peer: PeerName) -> RoutingPlan {
    guard let hold else { return plan }
    return RoutingPlan(
      deliveries: [], hold: "source \(peer): \(hold)", retention: plan.retention, routes: plan.routes)
  }
}
