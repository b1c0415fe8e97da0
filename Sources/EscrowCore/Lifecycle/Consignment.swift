package import DICOM

/// An instance with all its deliveries, as the verbs of a ledger change it: a ledger loads it, lets it decide, saves
/// it, and carries out its effects.
package struct Consignment: Sendable, Equatable {
  package var instance: Instance
  /// In the order of their admission.
  package var deliveries: [Delivery]
  /// Deliveries to be added, which have no number yet.
  package var planned: [PlannedDelivery] = []
  package var effects: [LedgerEffect] = []

  package init(instance: Instance, deliveries: [Delivery]) {
    self.instance = instance
    self.deliveries = deliveries
  }

  package var standing: Standing { Standing(of: deliveries) }

  /// Whether reports may speak of other content than this: another is on record with the same SOP Instance UID, and a
  /// destination that has it is not declared to keep what came last.
  package var isAmbiguous: Bool {
    instance.conflicted
      && deliveries.contains { $0.origin == .route && $0.state == .delivered && !$0.overwrites }
  }

  /// What groups it: its study, or itself when that is not known.
  package var studyKey: UID { instance.studyKey }

  /// Moves the instance along its table.
  @discardableResult
  package mutating func move(_ event: InstanceEvent) -> Bool {
    guard let next = InstanceLifecycle.state(after: event, from: instance.state) else { return false }
    instance.state = next
    return true
  }

  /// Lets the instance follow its deliveries; to be called after each change of them.
  package mutating func settle(now: Timestamp) {
    followReplacements()
    let isEnded = standing.isEnded && planned.isEmpty
    switch instance.state {
    case .inTransit where isEnded:
      move(.lastDeliveryEnded)
      instance.settledAt = now
    case .settled where !isEnded:
      move(.deliveryReopened)
      instance.settledAt = nil
    case .damaged where standing.isProven && !isAmbiguous:
      move(.provenWithoutFile)
      instance.settledAt = now
      effects.append(.review(.instanceDamaged, subject: studyKey.rawValue))
    default: break
    }
  }

  /// Ends a delivery without success. What the API asked for, or an operator wished to cancel, is cancelled.
  mutating func fail(
    _ index: Int, by event: DeliveryEvent = .gaveUp, reason: String, message: String? = nil, code: UInt16? = nil,
    now: Timestamp
  ) {
    let before = deliveries[index]
    let isCancelled = before.origin == .api || before.cancelRequested
    guard deliveries[index].move(isCancelled ? .cancelled : event) else { return }
    deliveries[index].reason = before.cancelRequested ? "cancelled" : reason
    if let message { deliveries[index].lastError = message }
    guard !isCancelled else { return }
    var failure = self.event(.deliveryFailed, of: before, at: now)
    failure.instances = 1
    failure.failed = 1
    failure.reason = reason
    failure.reasonCode = code
    let text = message.map { "\(reason): \($0)" } ?? reason
    let alarm = Alarm(.deliveryFailed, subject: before.destination.rawValue, since: now, text: text)
    effects += [.tell(failure), .raise(alarm)]
  }

  /// An event about this instance.
  func event(_ kind: EventKind, at now: Timestamp, actor: String = "system") -> EscrowEvent {
    EscrowEvent(
      kind, at: now, studyInstanceUID: instance.attributes.studyInstanceUID, sopInstanceUID: instance.sop.instanceUID,
      instance: instance.id, actor: actor)
  }

  /// An event about one of its deliveries.
  func event(_ kind: EventKind, of delivery: Delivery, at now: Timestamp, actor: String = "system") -> EscrowEvent {
    var event = event(kind, at: now, actor: actor)
    event.destination = delivery.destination
    return event
  }
}

extension Instance {
  /// What groups it: its study, or itself when that is not known.
  package var studyKey: UID { attributes.studyInstanceUID ?? sop.instanceUID }
}

extension Source {
  /// `AE@address`, as events name who caused them.
  package var actor: String { "\(callingAE)@\(address)" }
}
