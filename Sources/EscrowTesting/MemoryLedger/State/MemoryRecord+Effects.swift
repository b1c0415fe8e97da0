import DICOM
package import EscrowCore

extension MemoryRecord {
  mutating func carryOut(_ effects: [LedgerEffect]) {
    for effect in effects {
      switch effect {
      case .tell(let event): tell(event)
      case .raise(let alarm): raise(alarm, event: nil)
      case .review(let kind, let subject):
        if !isCaused(kind, subject: subject) { clear(kind, subject: subject, event: nil) }
      }
    }
  }

  /// As ``Ledger/tell(_:)``.
  package mutating func tell(_ event: EscrowEvent) {
    let sequence = Int64(history.endIndex) + 1
    history.append(RecordedEvent(sequence: sequence, event: event))
    guard event.kind.isPublic else { return }
    for endpoint in subscribers[event.kind, default: []].sorted() { enqueue(sequence, at: event.at, for: endpoint) }
  }

  /// Puts an event into an endpoint's outbox; a disabled one gets it dead-lettered at once.
  private mutating func enqueue(_ sequence: Int64, at time: Timestamp, for endpoint: String) {
    let id = Int64(outbox.endIndex) + 1
    let disabled = knownEndpoints[endpoint]?.disabled
    let messageID = "msg_" + Digest(high: UInt64(incarnation), low: UInt64(id)).description
    outbox.append(
      MemoryMessage(
        id: id, messageID: messageID, endpoint: endpoint, event: sequence,
        state: disabled == nil ? .pending : .deadLettered, nextAt: disabled == nil ? time : nil,
        lastError: disabled))
  }

  /// As ``Ledger/raise(_:event:)``; true when the alarm is new.
  @discardableResult
  package mutating func raise(_ alarm: Alarm, event: EscrowEvent?) -> Bool {
    let key = MemoryAlarmKey(kind: alarm.kind, subject: alarm.subject)
    guard openAlarms[key] == nil else {
      openAlarms[key]?.text = alarm.text
      if alarm.kind.isRenewed { openAlarms[key]?.since = alarm.since }
      return false
    }
    openAlarms[key] = alarm
    if let event { tell(event) }
    return true
  }

  /// As ``Ledger/clear(_:subject:event:)``.
  package mutating func clear(_ kind: AlarmKind, subject: String, event: EscrowEvent?) {
    guard openAlarms.removeValue(forKey: MemoryAlarmKey(kind: kind, subject: subject)) != nil else { return }
    if let event { tell(event) }
  }

  /// Whether anything on record still causes an alarm of this kind about this subject.
  private func isCaused(_ kind: AlarmKind, subject: String) -> Bool {
    switch kind {
    case .deliveryFailed:
      hasDelivery { $0.destination.rawValue == subject && $0.state == .failed }
    case .deliveryHeld:
      hasDelivery { $0.destination.rawValue == subject && $0.state == .queued && $0.hold?.by == Hold.system }
    case .commitmentContradicted:
      hasDelivery {
        $0.destination.rawValue == subject && $0.contradicted && ![.cancelled, .waived].contains($0.state)
      }
    case .instanceHeld: consignments.contains { $0.instance.state == .held && $0.instance.reason == subject }
    case .instanceDamaged: consignments.contains { $0.instance.state == .damaged && $0.studyKey.rawValue == subject }
    case .instanceConflict:
      consignments.contains { $0.keepsConflict && $0.studyKey.rawValue == subject }
    case .ledgerReplaced: consignments.contains { $0.instance.pin != nil && $0.instance.state.isKept }
    case .reportUndelivered:
      inquiries.contains {
        $0.record.job.peer.rawValue == subject && $0.record.job.troubledSince != nil && !$0.isDeleted
      }
    default: true
    }
  }

  private func hasDelivery(where isMeant: (Delivery) -> Bool) -> Bool {
    consignments.contains { $0.deliveries.contains(where: isMeant) }
  }
}

extension Consignment {
  /// Whether its copy is kept, or goes, while other content of its SOP Instance UID is on record.
  fileprivate var keepsConflict: Bool {
    instance.conflicted && ![.purging, .purged, .discarded].contains(instance.state)
  }
}
