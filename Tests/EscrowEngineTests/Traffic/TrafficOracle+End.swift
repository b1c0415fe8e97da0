import DICOM
import EscrowCore

/// Faults have stopped long ago: what is not purged waits for people, visibly.
extension TrafficOracle {
  mutating func ended(
    _ rows: [InstanceRecord], alarms: [Alarm], files: Set<InstanceID>, peers: [PeerName: TrafficPeer]
  ) {
    let known = Set(rows.map(\.instance.id))
    for id in promised.keys.sorted() where !known.contains(id) {
      complain("LOST: \(id), which its sender was told success for, is not on record")
    }
    for row in rows {
      for delivery in row.deliveries { judge(delivery, of: row, alarms, peers) }
      judge(row, files)
    }
    for study in open.sorted(by: { $0.rawValue < $1.rawValue }) { complain("study \(study) is never quiet") }
  }

  private mutating func judge(
    _ delivery: Delivery, of row: InstanceRecord, _ alarms: [Alarm], _ peers: [PeerName: TrafficPeer]
  ) {
    let what = "\(row.instance.id) to \(delivery.destination)"
    let isAlarmed = { (kind: AlarmKind) in
      alarms.contains { $0.kind == kind && $0.subject == delivery.destination.rawValue }
    }
    switch delivery.state {
    case .queued where delivery.hold != nil:
      if delivery.hold?.reason.isEmpty != false || !isAlarmed(.deliveryHeld) { complain("\(what) is held in silence") }
    case .queued where row.isStuck(delivery): break
    case .queued, .sending, .sent, .requested:
      complain("\(what) is \(delivery.state) for ever: \(delivery.reason ?? "")")
    case .failed:
      if delivery.reason?.isEmpty != false || !isAlarmed(.deliveryFailed) { complain("\(what) failed in silence") }
      let cause = delivery.reason.flatMap(ClassHold.init)
      if let cause, TrafficDestination.peer(delivery.destination).holdOn.contains(cause) {
        complain("\(what) failed, and was to wait for an operator: \(cause.rawValue)")
      }
    case .delivered:
      if delivery.isDoubted { complain("\(what) is in doubt for ever") }
      if !row.instance.isPurged, !has(row.instance, as: delivery, peers) {
        complain("\(what) is delivered, and was not proved (\(delivery.proof))")
      }
    case .superseded: judge(superseded: delivery, of: row)
    case .cancelled, .waived: complain("\(what) is \(delivery.state), and nobody wished that")
    }
  }

  private func has(_ instance: Instance, as delivery: Delivery, _ peers: [PeerName: TrafficPeer]) -> Bool {
    let digest = TrafficContent.arriving(instance.digest, isEdited: !delivery.terms.edits.isEmpty)
    return peers[delivery.destination]?.archive.hasProved(instance.sop.instanceUID, digest, delivery.proof) == true
  }

  /// What another has instead: that one is on record with as strong a proof, and nobody else may have it.
  private mutating func judge(superseded delivery: Delivery, of row: InstanceRecord) {
    let what = "\(row.instance.id) to \(delivery.destination)"
    if conduct.mayHave(row.instance.id, at: delivery.destination) {
      complain("\(what) is superseded, and may be there")
    }
    let send = promised[row.instance.id]?.kind.sends.first { $0.to == delivery.destination }
    let other = row.deliveries.first { $0.destination == send?.instead }
    guard let other, other.proof >= delivery.proof, other.terms.edits == delivery.terms.edits else {
      return complain("\(what) is superseded, and nobody has it instead")
    }
  }

  private mutating func judge(_ row: InstanceRecord, _ files: Set<InstanceID>) {
    let instance = row.instance
    if !instance.isPurged, !files.contains(instance.id) { complain("LOST: the file of \(instance.id)") }
    switch instance.state {
    case .purged: if !purged.contains(instance.id) { complain("\(instance.id) is purged, and nobody was asked") }
    case .settled:
      if PurgeGuard.obstacle(Consignment(instance: instance, deliveries: row.deliveries)) == nil {
        complain("\(instance.id) could be purged and is not")
      }
    case .inTransit where row.deliveries.contains { $0.hold != nil }: break
    default: complain("\(instance.id) is \(instance.state) for ever")
    }
  }
}

extension Instance {
  fileprivate var isPurged: Bool { state == .purged }
}

extension InstanceRecord {
  /// Whether it waits for one that is held.
  fileprivate func isStuck(_ delivery: Delivery) -> Bool {
    deliveries.contains { $0.id == delivery.behind && $0.hold != nil }
  }
}
