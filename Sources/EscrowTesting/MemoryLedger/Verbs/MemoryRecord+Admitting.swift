import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/admit(_:now:)``.
  package mutating func admit(_ admission: Admission, now: Timestamp) -> AdmissionResult {
    let earlier = rowsOfSOPInstance[admission.sop.instanceUID, default: []].map { consignments[$0] }
    switch AdmissionDecision.decide(admission, earlier: earlier) {
    case .new(let deliveries, let conflicted):
      markConflicted(earlier, by: admission)
      add(.admitted(admission, deliveries: deliveries, conflicted: conflicted, now: now), now: now)
      return .admitted(conflicted: conflicted)
    case .merge(let id, let deliveries):
      change(id) { $0.merge(admission, deliveries: deliveries, now: now) }
      return .known(id)
    case .replace(let id, let deliveries):
      let old = earlier.first { $0.instance.id == id }?.instance.file ?? id
      change(id) { $0.replace(admission, deliveries: deliveries, now: now) }
      return .replaced(id, old: old)
    case .loop(let id):
      change(id) { $0.loop(admission, now: now) }
      return .looped(id)
    case .repeated(let conflicted): return .admitted(conflicted: conflicted)
    case .leftover(let id): return .known(id)
    }
  }

  private mutating func change(_ id: InstanceID, _ body: (inout Consignment) -> Void) {
    guard let row = rowOfInstance[id] else { return }
    var changed = consignments[row]
    body(&changed)
    save(changed, at: row)
  }

  /// Commitment speaks of UIDs only: from now on no report says which of the contents is meant.
  private mutating func markConflicted(_ earlier: [Consignment], by admission: Admission) {
    for consignment in earlier where consignment.instance.digest != admission.digest {
      change(consignment.instance.id) { $0.instance.conflicted = true }
    }
  }
}
