import DICOM

extension Consignment {
  /// Does what an operator wishes to one delivery. Returns why not, if it cannot be.
  package mutating func operate(
    _ verb: DeliveryVerb, on id: DeliveryID, by order: BulkOrder, now: Timestamp
  ) -> String? {
    guard let index = deliveries.firstIndex(where: { $0.id == id }) else { return "not on record" }
    let before = deliveries[index]
    let obstacle =
      switch verb {
      case .retry: retry(index)
      case .hold: hold(index, by: order, now: now)
      case .release: release(index)
      case .cancel: cancel(index, reason: order.reason)
      case .waive: waive(index, reason: order.reason)
      case .giveUp: giveUp(index, reason: order.reason)
      case .askAgain: askAgain(index, now: now)
      case .expedite: expedite(index, now: now)
      }
    if let obstacle { return obstacle }
    note(verb.done, by: order, of: before, now: now)
    reviewAlarms(of: before)
    settle(now: now)
    return nil
  }

  /// A delivery is not any more what it was: what it caused may be over.
  mutating func reviewAlarms(of before: Delivery) {
    if before.state == .failed {
      effects.append(.review(.deliveryFailed, subject: before.destination.rawValue))
    }
    if before.hold?.by == Hold.system {
      effects.append(.review(.deliveryHeld, subject: before.destination.rawValue))
    }
    if before.contradicted {
      effects.append(.review(.commitmentContradicted, subject: before.destination.rawValue))
    }
  }

  /// Does what an operator wishes to the instance. Returns why not, if it cannot be.
  package mutating func operate(_ verb: InstanceVerb, by order: BulkOrder, now: Timestamp) -> String? {
    let obstacle =
      switch verb {
      case .discard: discard(by: order)
      case .resolve: resolve()
      case .confirm: confirm()
      }
    if let obstacle { return obstacle }
    note(verb.done, by: order, now: now)
    settle(now: now)
    return nil
  }

  /// Adds what the routes want now and did not want before; what cannot be there yet is sent as they say now. Returns
  /// why nothing was changed, if nothing was.
  package mutating func reroute(_ plan: RoutingPlan, by order: BulkOrder, now: Timestamp) -> String? {
    guard [.held, .inTransit, .settled].contains(instance.state) else { return "the instance is \(instance.state)" }
    if plan.deliveries.isEmpty { return plan.holdReason }
    let before = self
    add(plan.deliveries, plan: plan)
    for wanted in plan.deliveries { renewTerms(by: wanted) }
    guard self != before else { return "the routes want nothing that is not on record" }
    let hold = instance.state == .held ? instance.reason : nil
    if !planned.isEmpty {
      move(.deliveriesAdded)
      instance.reason = nil
      instance.settledAt = nil
    }
    if let hold { effects.append(.review(.instanceHeld, subject: hold)) }
    note("rerouted", by: order, now: now)
    settle(now: now)
    return nil
  }

  private mutating func renewTerms(by wanted: PlannedDelivery) {
    let known = deliveries.firstIndex { $0.destination == wanted.destination && $0.origin == wanted.origin }
    // What may be there went by the old ones, and a late proof would speak of that.
    guard let known, [.queued, .failed, .cancelled].contains(deliveries[known].state), !deliveries[known].mayBeThere
    else { return }
    deliveries[known].terms = wanted.terms
  }

  // MARK: Deliveries

  private mutating func retry(_ index: Int) -> String? {
    guard [.held, .inTransit, .settled].contains(instance.state) else { return "the instance is \(instance.state)" }
    let delivery = deliveries[index]
    if delivery.state == .queued {
      guard delivery.notBefore != nil else { return "it waits for its destination, not for a time" }
      deliveries[index].notBefore = nil
      return nil
    }
    return deliveries[index].requeue() ? nil : "the delivery is \(delivery.state)"
  }

  private mutating func hold(_ index: Int, by order: BulkOrder, now: Timestamp) -> String? {
    let delivery = deliveries[index]
    guard !delivery.state.isTerminal else { return "the delivery is \(delivery.state)" }
    guard delivery.hold == nil else { return "the delivery is held already" }
    deliveries[index].hold = Hold(by: order.actor, reason: order.reason ?? "no reason given", at: now)
    return nil
  }

  private mutating func release(_ index: Int) -> String? {
    guard deliveries[index].hold != nil else { return "the delivery is not held" }
    deliveries[index].hold = nil
    return nil
  }

  private mutating func cancel(_ index: Int, reason: String?) -> String? {
    let state = deliveries[index].state
    if state == .sending {
      guard !deliveries[index].cancelRequested else { return "the delivery is being cancelled" }
      deliveries[index].cancelRequested = true
      return nil
    }
    guard deliveries[index].move(.cancelled) else { return "the delivery is \(state)" }
    deliveries[index].reason = reason ?? "cancelled"
    return nil
  }

  private mutating func waive(_ index: Int, reason: String?) -> String? {
    let state = deliveries[index].state
    guard deliveries[index].move(.waived) else {
      return state.isTerminal ? "the delivery is \(state)" : "the delivery is \(state): cancel it first"
    }
    deliveries[index].reason = reason ?? "waived"
    return nil
  }

  private mutating func expedite(_ index: Int, now: Timestamp) -> String? {
    let delivery = deliveries[index]
    guard delivery.state == .queued else { return "the delivery is \(delivery.state)" }
    deliveries[index].priority = .high
    // Less than the number of any wave, and the less the later.
    deliveries[index].turn = -now.microseconds
    deliveries[index].notBefore = nil
    return nil
  }

  private mutating func giveUp(_ index: Int, reason: String?) -> String? {
    let state = deliveries[index].state
    if state == .sending { return "the delivery is being sent: do it again when that has ended" }
    return deliveries[index].giveUp(reason: reason ?? "given up") ? nil : "the delivery is \(state)"
  }

  private mutating func askAgain(_ index: Int, now: Timestamp) -> String? {
    let delivery = deliveries[index]
    guard delivery.proof != .response else { return "the delivery wants neither commitment nor query" }
    guard delivery.hold == nil else { return "the delivery is held: release it first" }
    switch delivery.state {
    case .sent: deliveries[index].notBefore = now
    case .delivered where delivery.proof == .query: deliveries[index].doubt(now: now)
    case .requested: _ = deliveries[index].expireReport(now: now)
    default: return "the delivery is \(delivery.state)"
    }
    return nil
  }

  // MARK: Instances

  private mutating func discard(by order: BulkOrder) -> String? {
    let state = instance.state
    let hold = state == .held ? instance.reason : nil
    if let obstacle = instance.legalObstacle { return obstacle }
    if state != .inTransit, let open = deliveries.first(where: { [.queued, .sending].contains($0.state) }) {
      return "the delivery to \(open.destination) is \(open.state): cancel it first"
    }
    guard move(.discardDecided) else {
      return state == .inTransit ? "it is on its way: cancel its deliveries first" : "the instance is \(state)"
    }
    instance.discarding = true
    if instance.pin != nil { unpin() }
    instance.reason = order.reason.map { "discarded: \($0)" } ?? "discarded"
    for index in deliveries.indices where deliveries[index].state == .failed {
      deliveries[index].move(.cancelled)
      effects.append(.review(.deliveryFailed, subject: deliveries[index].destination.rawValue))
    }
    if let hold { effects.append(.review(.instanceHeld, subject: hold)) }
    if state == .damaged { effects.append(.review(.instanceDamaged, subject: studyKey.rawValue)) }
    if instance.conflicted { effects.append(.review(.instanceConflict, subject: studyKey.rawValue)) }
    return nil
  }

  private mutating func resolve() -> String? {
    guard instance.conflicted else { return "no other content is on record for it, or it was resolved" }
    instance.conflicted = false
    effects.append(.review(.instanceConflict, subject: studyKey.rawValue))
    return nil
  }

  private mutating func confirm() -> String? {
    guard instance.pin != nil else { return "it waits for no confirmation" }
    unpin()
    return nil
  }

  private mutating func unpin() {
    instance.pin = nil
    effects.append(.review(.ledgerReplaced, subject: Alarm.replacedLedger))
  }

  mutating func note(_ done: String, by order: BulkOrder, of delivery: Delivery? = nil, now: Timestamp) {
    var event = event(.operatorAction, at: now, actor: order.actor)
    event.destination = delivery?.destination
    event.reason = order.reason.map { "\(done): \($0)" } ?? done
    effects.append(.tell(event))
  }
}

extension DeliveryVerb {
  /// How the record says that it was done.
  fileprivate var done: String {
    switch self {
    case .retry: "requeued"
    case .hold: "held"
    case .release: "released"
    case .cancel: "cancelled"
    case .waive: "waived"
    case .giveUp: "given up"
    case .askAgain: "to be asked for again"
    case .expedite: "moved to the front"
    }
  }
}

extension InstanceVerb {
  /// How the record says that it was done.
  fileprivate var done: String {
    switch self {
    case .discard: "discarded"
    case .resolve: "conflict resolved"
    case .confirm: "confirmed"
    }
  }
}
