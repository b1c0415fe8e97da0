extension Consignment {
  /// Adds a delivery that is on record now. What it takes the place of waits for it.
  package mutating func append(_ delivery: Delivery) {
    deliveries.append(delivery)
    guard let index = deliveries.firstIndex(where: { $0.id == delivery.replaces }) else { return }
    deliveries[index].wait(for: delivery)
  }

  /// Sends the instance to the alternative of one of its deliveries, whose destination is down. Nothing was stored there,
  /// and nothing may have been; otherwise that is waited for. False when nothing changed.
  package mutating func replace(_ id: DeliveryID, now: Timestamp) -> Bool {
    guard let index = deliveries.firstIndex(where: { $0.id == id }), deliveries[index].isReplaceable,
      let alternative = deliveries[index].terms.alternative
    else { return false }
    guard alternative.canGive(deliveries[index].proof) else {
      deliveries[index].terms.alternative = nil
      return true
    }
    let old = deliveries[index]
    let other = deliveries.firstIndex { $0.destination == alternative.destination && $0.origin == old.origin }
    if let other {
      replace(index, by: other)
    } else {
      var terms = old.terms
      terms.alternative = nil
      planned.append(
        PlannedDelivery(
          to: alternative.destination, proof: old.proof, origin: old.origin, priority: old.priority, routes: old.routes,
          acceptDiscarded: old.acceptDiscarded, overwrites: alternative.overwrites, terms: terms, replaces: id))
    }
    settle(now: now)
    return true
  }

  /// Another route sends it to the alternative anyhow.
  private mutating func replace(_ index: Int, by other: Int) {
    guard deliveries[other].terms.edits == deliveries[index].terms.edits else {
      // What goes there is not what this one wants there.
      deliveries[index].terms.alternative = nil
      return
    }
    deliveries[other].acceptDiscarded = deliveries[other].acceptDiscarded && deliveries[index].acceptDiscarded
    if deliveries[index].terms.alters { deliveries[other].terms.acceptEdited = false }
    deliveries[other].raise(to: deliveries[index].proof)
    switch deliveries[other].state {
    case .delivered: deliveries[index].supersede(by: deliveries[other])
    case .failed, .cancelled, .waived, .superseded:
      // That way is closed.
      deliveries[index].terms.alternative = nil
    default:
      deliveries[other].replaces = deliveries[index].id
      deliveries[index].wait(for: deliveries[other])
    }
  }

  /// What was replaced ends when its replacement is delivered.
  mutating func followReplacements() {
    for other in deliveries.indices where deliveries[other].state == .delivered {
      guard let index = deliveries.firstIndex(where: { $0.id == deliveries[other].replaces }),
        deliveries[index].state == .queued
      else { continue }
      // A later arrival may want a stronger proof than when it was replaced.
      guard deliveries[index].terms.alternative?.canGive(deliveries[index].proof) ?? true else {
        deliveries[index].goOnAlone()
        continue
      }
      deliveries[other].raise(to: deliveries[index].proof)
      if deliveries[other].state == .delivered { deliveries[index].supersede(by: deliveries[other]) }
    }
  }
}

extension Delivery {
  /// Whether another destination may get it instead.
  fileprivate var isReplaceable: Bool {
    state == .queued && hold == nil && behind == nil && !mayBeThere && terms.alternative != nil
  }

  fileprivate mutating func wait(for replacement: Delivery) {
    behind = replacement.id
    reason = "\(destination) is down: \(replacement.destination) gets it instead"
  }

  /// What was to take its place cannot.
  fileprivate mutating func goOnAlone() {
    behind = nil
    terms.alternative = nil
    reason = nil
  }

  fileprivate mutating func supersede(by replacement: Delivery) {
    guard move(.superseded) else { return }
    reason = "\(replacement.destination) has it instead"
  }
}
