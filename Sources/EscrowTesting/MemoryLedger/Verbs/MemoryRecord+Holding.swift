package import EscrowCore

extension MemoryRecord {
  /// As ``OperationsLedger/begin(_:)``.
  package mutating func begin(_ hold: LegalHold) -> Int? {
    guard !legalHolds.contains(where: { $0.subject == hold.subject }) else { return nil }
    legalHolds.append(hold)
    for row in consignments.indices where consignments[row].isHere { applyLegalHolds(to: row) }
    for row in consignments.indices where consignments[row].instance.legalHold != nil { applyLegalHolds(to: row) }
    let kept = kept(by: hold.subject)
    tell(.legalHold(hold.subject, "begun", reason: hold.reason, instances: kept, actor: hold.by, now: hold.at))
    return kept
  }

  /// As ``OperationsLedger/endLegalHold(_:by:now:)``.
  package mutating func endLegalHold(
    _ subject: LegalHold.Subject, by order: BulkOrder, now: Timestamp
  ) throws -> Int? {
    guard let index = legalHolds.firstIndex(where: { $0.subject == subject }) else { return nil }
    var changed = self
    changed.legalHolds.remove(at: index)
    let held = consignments.indices.filter { consignments[$0].instance.legalHold != nil }
    for row in held { changed.applyLegalHolds(to: row) }
    let freed = held.count { changed.consignments[$0].instance.legalHold == nil }
    try order.check(matched: freed)
    guard !order.dryRun else { return freed }
    self = changed
    tell(.legalHold(subject, "ended", reason: order.reason, instances: freed, actor: order.actor, now: now))
    return freed
  }

  /// As ``OperationsLedger/legalHolds()``.
  package var legalHoldRecords: [LegalHoldRecord] {
    legalHolds.map { LegalHoldRecord(hold: $0, instances: kept(by: $0.subject)) }
  }

  /// Why the law keeps an instance.
  func legalHold(of instance: Instance) -> String? {
    let reasons = legalHolds.filter { $0.subject.covers(instance.attributes) }.map(\.reason)
    return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
  }

  private mutating func applyLegalHolds(to row: Int) {
    consignments[row].instance.legalHold = legalHold(of: consignments[row].instance)
  }

  private func kept(by subject: LegalHold.Subject) -> Int {
    consignments.count { $0.isHere && subject.covers($0.instance.attributes) }
  }
}

extension Consignment {
  /// Whether its copy is here to stay for now.
  fileprivate var isHere: Bool { ![.purging, .purged, .discarded].contains(instance.state) }
}
