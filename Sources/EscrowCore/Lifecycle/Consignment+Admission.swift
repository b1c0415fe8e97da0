import DICOM

extension Consignment {
  /// A new instance: on its way, or held with the reason.
  package static func admitted(
    _ admission: Admission, deliveries: [PlannedDelivery], conflicted: Bool, now: Timestamp
  ) -> Consignment {
    let hold = deliveries.isEmpty ? admission.plan.holdReason : nil
    let instance = Instance(
      id: admission.id, sop: admission.sop, transferSyntax: admission.transferSyntax,
      attributes: admission.attributes, source: admission.source, receivedAt: admission.receivedAt,
      dataSetLength: admission.dataSetLength, digest: admission.digest, file: admission.id,
      state: hold == nil ? .inTransit : .held, reason: hold, retention: admission.plan.retention,
      conflicted: conflicted, recovered: admission.recovered, pin: admission.pin)
    var new = Consignment(instance: instance, deliveries: [])
    new.planned = deliveries
    new.tell(.instanceReceived, actor: admission.source.actor, now: now)
    if let hold { new.tell(.instanceHeld, alarm: .instanceHeld, subject: hold, text: hold, now: now) }
    if conflicted {
      let text = "other content is on record for \(admission.sop.instanceUID)"
      new.tell(
        .instanceConflict, alarm: .instanceConflict, subject: instance.studyKey.rawValue, text: text, now: now)
    }
    return new
  }

  /// The same bytes came again while their file is here: adds what the routes want now and did not want before.
  package mutating func merge(_ admission: Admission, deliveries wanted: [PlannedDelivery], now: Timestamp) {
    note(admission.source.peer)
    tell(.instanceReceived, reason: "the same bytes again", actor: admission.source.actor, now: now)
    let hold = instance.state == .held ? instance.reason : nil
    add(wanted, plan: admission.plan)
    if !planned.isEmpty {
      move(.deliveriesAdded)
      instance.reason = nil
      instance.settledAt = nil
      if let hold { effects.append(.review(.instanceHeld, subject: hold)) }
    }
    settle(now: now)
  }

  /// The same bytes came again while the file is damaged: the new file takes its place.
  package mutating func replace(_ admission: Admission, deliveries wanted: [PlannedDelivery], now: Timestamp) {
    if instance.state != .damaged {
      _ = damage(reason: "found missing or damaged when the same bytes came again", now: now)
    }
    tell(.instanceReceived, reason: "replaces the damaged file", actor: admission.source.actor, now: now)
    note(admission.source.peer)
    instance.file = admission.id
    instance.reason = nil
    for index in deliveries.indices where deliveries[index].reason == Consignment.damaged {
      requeueDamaged(index)
    }
    add(wanted, plan: admission.plan)
    if !planned.isEmpty || !deliveries.isEmpty && !standing.isEnded {
      // Proven without a file it is `settled`, and takes what is wanted now as any other.
      if !move(.replacedOpen) { move(.deliveriesAdded) }
      instance.settledAt = nil
    } else if deliveries.isEmpty {
      hold(admission.plan.holdReason, now: now)
    } else {
      move(.replacedSettled)
      instance.settledAt = now
    }
    effects.append(.review(.instanceDamaged, subject: studyKey.rawValue))
  }

  /// A peer sent the same bytes again.
  private mutating func note(_ peer: PeerName?) {
    if let peer, !instance.isFrom(peer) { instance.alsoFrom.append(peer) }
  }

  private mutating func hold(_ reason: String, now: Timestamp) {
    guard move(.replacedHeld) else { return }
    instance.reason = reason
    tell(.instanceHeld, alarm: .instanceHeld, subject: reason, text: reason, now: now)
  }

  /// The bytes came back from a peer that has them from us.
  package mutating func loop(_ admission: Admission, now: Timestamp) {
    tell(.instanceLooped, actor: admission.source.actor, now: now)
  }

  private mutating func requeueDamaged(_ index: Int) {
    let before = deliveries[index]
    // What an operator cancelled stays so.
    guard before.state == .failed || before.origin == .api else { return }
    guard deliveries[index].requeue(), before.state == .failed else { return }
    effects.append(.review(.deliveryFailed, subject: before.destination.rawValue))
  }

  mutating func add(_ wanted: [PlannedDelivery], plan: RoutingPlan) {
    // Without deliveries no route has said yet how long it stays.
    instance.retention = deliveries.isEmpty ? plan.retention : instance.retention.merged(with: plan.retention)
    for delivery in wanted {
      let known = deliveries.firstIndex {
        $0.destination == delivery.destination && $0.origin == delivery.origin
      }
      guard let known else {
        planned.append(delivery)
        continue
      }
      // What the API asked for ends as cancelled when it fails, and is asked for anew.
      if delivery.origin == .api, deliveries[known].state == .cancelled { _ = deliveries[known].requeue() }
      deliveries[known].raise(to: delivery.proof)
      deliveries[known].acceptDiscarded = deliveries[known].acceptDiscarded && delivery.acceptDiscarded
      deliveries[known].terms.acceptEdited = deliveries[known].terms.acceptEdited && delivery.terms.acceptEdited
      deliveries[known].overwrites = delivery.overwrites
      deliveries[known].routes += delivery.routes.filter { !deliveries[known].routes.contains($0) }
    }
  }

  private mutating func tell(_ kind: EventKind, reason: String? = nil, actor: String, now: Timestamp) {
    var event = event(kind, at: now, actor: actor)
    event.reason = reason
    effects.append(.tell(event))
  }

  private mutating func tell(
    _ kind: EventKind, alarm: AlarmKind, subject: String, text: String, now: Timestamp
  ) {
    var event = event(kind, at: now)
    event.instances = 1
    event.reason = text
    effects += [.tell(event), .raise(Alarm(alarm, subject: subject, since: now, text: text))]
  }
}

extension RoutingPlan {
  /// Why nothing is sent, when nothing is.
  var holdReason: String { hold ?? "no route took it" }
}

extension PlannedDelivery {
  /// The delivery it becomes, as `id` of `instance`, whose wave of arrivals has the number `wave`.
  package func delivery(id: DeliveryID, of instance: InstanceID, wave: Int64) -> Delivery {
    Delivery(
      id: id, instance: instance, destination: destination, origin: origin, priority: priority, proof: proof,
      routes: routes, acceptDiscarded: acceptDiscarded, overwrites: overwrites, terms: terms, turn: wave,
      replaces: replaces)
  }
}
