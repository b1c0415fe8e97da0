import DICOM
import EscrowCore
import GRDB

/// A report on its way into the ledger, reference by reference.
struct ReportApplication {
  let transaction: WriteTransaction
  let asked: CommitmentRow.Found
  let report: CommitmentReport
  let policy: CommitmentPolicy
  let now: Timestamp

  /// A reference that was asked for.
  private struct Item {
    var sop: SOPInstance
    var delivery: DeliveryID?
    var attempt: Int
    var committed: Bool?

    /// Whether a report's word on it counts: the first does, and a failure after a success.
    func isOpen(to failure: UInt16?) -> Bool { committed == nil || committed == true && failure != nil }
  }

  private var db: Database { transaction.db }

  func run() throws -> ReportResult.Applied {
    let reported = ReportedReferences(report)
    let items = try items()
    var applied = ReportResult.Applied(destination: asked.record.destination)
    var decided: Set<UID> = []
    for uid in reported.uids {
      guard let item = items[uid], item.isOpen(to: reported.failure(of: item.sop)) else {
        applied.ignored += 1
        continue
      }
      decided.insert(uid)
      try decide(item, failure: reported.failure(of: item.sop), counting: &applied)
    }
    let named = Set(reported.uids)
    applied.missing = items.values.filter { $0.committed == nil && !named.contains($0.sop.instanceUID) }.count
    if !decided.isEmpty { try answer() }
    return applied
  }

  private func items() throws -> [UID: Item] {
    let items = try db.rows(
      "SELECT sop_class, sop_instance, delivery, attempt, committed FROM item WHERE commitment = ?", asked.number
    ) { columns in
      Item(
        sop: try columns.sop(), delivery: try columns.optionalRaw(), attempt: columns.next(),
        committed: columns.optional())
    }
    return Dictionary(items.map { ($0.sop.instanceUID, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Writes down what the report says of one reference, and lets its delivery follow.
  private func decide(_ item: Item, failure: UInt16?, counting applied: inout ReportResult.Applied) throws {
    try db.run(
      """
      UPDATE item SET committed = ?, reason_code = ?, reported_by = ?, decided_at = ?
      WHERE commitment = ? AND sop_instance = ?
      """,
      failure == nil, failure, report.reportedBy, now.microseconds, asked.number, item.sop.instanceUID.rawValue)
    if asked.root != asked.number {
      try transaction.apply(
        failure, to: item.sop.instanceUID, ofRoot: asked.root, by: report.reportedBy, now: now)
    }
    var isProved = failure == nil
    if let delivery = item.delivery, var loaded = try db.consignment(of: delivery) {
      let reference = AskedReference(
        delivery: delivery, attempt: item.attempt, transactionUID: asked.record.uid, opening: asked.number)
      if let failure {
        let resends = loaded.current.refuse(reference, reason: failure, policy: policy, now: now)
        applied.resends += resends ? 1 : 0
      } else {
        isProved = loaded.current.prove(reference, now: now)
      }
      try transaction.save(loaded)
    }
    applied.failed += failure == nil ? 0 : 1
    applied.proved += isProved ? 1 : 0
    applied.ignored += failure == nil && !isProved ? 1 : 0
  }

  private func answer() throws {
    try CommitmentRow.answer(asked, by: report.reportedBy, now: now, in: db)
    if asked.root != asked.number { try transaction.conclude(asked.root, by: report.reportedBy, now: now) }
    guard var record = try CommitmentRow.find(asked.record.uid, in: db)?.record else { return }
    record.failed = try CommitmentRow.failed(of: asked.number, in: db)
    try transaction.tell(record.reportEvent(study: asked.study, actor: report.reportedBy, now: now))
    try transaction.reviewOverdue(asked.record.destination, policy: policy, now: now)
  }
}
