/// Where deliveries of another destination are to go instead.
package struct RepointTarget: Sendable, Equatable {
  package var name: PeerName
  /// What it can give.
  package var proofs: Set<Proof>
  package var overwrites: Bool

  package init(_ name: PeerName, proofs: Set<Proof>, overwrites: Bool = false) {
    self.name = name
    self.proofs = proofs
    self.overwrites = overwrites
  }
}

extension Consignment {
  /// Sends to another destination what a delivery was to send: that one is cancelled and waived, and a delivery
  /// with the same proof, priority and routes takes its place. Returns why not, if it cannot be.
  package mutating func repoint(
    _ id: DeliveryID, to target: RepointTarget, by order: BulkOrder, now: Timestamp
  ) -> String? {
    guard let index = deliveries.firstIndex(where: { $0.id == id }) else { return "not on record" }
    let before = deliveries[index]
    if let obstacle = obstacle(to: target, insteadOf: before) { return obstacle }
    var terms = before.terms
    if terms.alternative?.destination == target.name { terms.alternative = nil }
    let planned = PlannedDelivery(
      to: target.name, proof: before.proof, priority: before.priority, routes: before.routes,
      acceptDiscarded: before.acceptDiscarded, overwrites: target.overwrites, terms: terms)
    add([planned], plan: RoutingPlan(deliveries: [planned], retention: instance.retention))
    if !self.planned.isEmpty {
      move(.deliveriesAdded)
      instance.reason = nil
      instance.settledAt = nil
    }
    deliveries[index].giveUp(reason: "repointed to \(target.name)" + (order.reason.map { ": \($0)" } ?? ""))
    note("repointed to \(target.name)", by: order, of: before, now: now)
    reviewAlarms(of: before)
    settle(now: now)
    return nil
  }

  private func obstacle(to target: RepointTarget, insteadOf delivery: Delivery) -> String? {
    guard [.held, .inTransit, .settled].contains(instance.state) else { return "the instance is \(instance.state)" }
    guard delivery.origin == .route else { return "a call of the API asked for it: cancel it instead" }
    guard [.queued, .failed].contains(delivery.state) else { return "the delivery is \(delivery.state)" }
    guard delivery.hold == nil else { return "the delivery is held: release it first" }
    guard target.proofs.contains(delivery.proof) else {
      return "\(target.name) cannot give its proof, \(delivery.proof)"
    }
    let other = deliveries.first { $0.destination == target.name && $0.origin == .route }
    if let other, [.failed, .cancelled, .waived, .superseded].contains(other.state) {
      return "the delivery to \(target.name) is \(other.state)"
    }
    return nil
  }
}

extension Delivery {
  /// Cancels it, and lets it no longer keep the copy; false when it has ended well, or is being sent.
  @discardableResult
  mutating func giveUp(reason: String) -> Bool {
    guard state != .sending else { return false }
    let wasCancelled = state == .cancelled || move(.cancelled)
    guard wasCancelled, move(.waived) else { return false }
    self.reason = reason
    return true
  }
}
