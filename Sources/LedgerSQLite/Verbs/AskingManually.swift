import DICOM
import EscrowCore
import GRDB

/// Transactions that operators wish for.
extension WriteTransaction {
  func openManual(
    _ uid: UID, to destination: PeerName, references: [SOPInstance], asking: CommitmentPolicy?, actor: String,
    now: Timestamp
  ) throws {
    let opened = CommitmentTransaction(
      uid: uid, destination: destination, references: references.uniqued(), openedAt: now)
    let items = opened.references.map { CommitmentRow.Item(sop: $0) }
    let number = try CommitmentRow.insert(opened, items: items, study: nil, isManual: true, in: db)
    let nextAskAt = asking.map { now + $0.wait(afterOpening: 1) } ?? now
    try db.run(
      "UPDATE commitment SET openings = ?, next_ask_at = ? WHERE number = ?", asking == nil ? 0 : 1,
      nextAskAt.microseconds, number)
    try tell(.requested(opened, study: nil, actor: actor))
    // About nothing nobody need be asked.
    if items.isEmpty { try conclude(number, by: "escrow", now: now) }
  }

  func nextManual(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, givingUp: Timestamp, now: Timestamp
  ) throws -> TransactionOpening {
    while let next = try db.first(ManualRequests.next, destination.rawValue, read: ManualRequests.read) {
      guard next.at <= now else { return .nothingDue(next: next.at) }
      let references = try db.rows(ManualRequests.open, next.found.number) { try $0.sop() }
      guard !references.isEmpty, next.found.record.openedAt > givingUp else {
        try giveUp(next.found, now: now)
        continue
      }
      return .opened(try open(next, named: uid, references: references, policy: policy, now: now))
    }
    return .nothingDue(next: nil)
  }

  /// Names the request: as it was opened if it never left, otherwise by a new transaction.
  private func open(
    _ next: ManualRequests.Next, named uid: UID, references: [SOPInstance], policy: CommitmentPolicy, now: Timestamp
  ) throws -> CommitmentTransaction {
    let root = next.found
    let openings = next.openings + 1
    try db.run(
      "UPDATE commitment SET openings = ?, next_ask_at = ? WHERE number = ?", openings,
      (now + policy.wait(afterOpening: openings)).microseconds, root.number)
    let opened = CommitmentTransaction(
      uid: next.openings == 0 ? root.record.uid : uid, destination: root.record.destination, references: references,
      openedAt: now)
    guard next.openings > 0 else { return opened }
    let items = references.map { CommitmentRow.Item(sop: $0) }
    let number = try CommitmentRow.insert(opened, items: items, study: nil, isManual: true, in: db)
    try db.run("UPDATE commitment SET root = ? WHERE number = ?", root.number, number)
    try tell(.requested(opened, study: nil))
    return opened
  }

  /// Nobody will report on it any more: what is open failed.
  private func giveUp(_ root: CommitmentRow.Found, now: Timestamp) throws {
    try db.run(
      """
      UPDATE item SET committed = 0, reason_code = ?, reported_by = 'escrow', decided_at = ?
      WHERE commitment = ? AND committed IS NULL
      """,
      Vouching.processingFailure, now.microseconds, root.number)
    try CommitmentRow.note(root.number, message: "given up: no report came", in: db)
    try conclude(root.number, by: "escrow", now: now)
  }

  /// A report on a further transaction speaks of the first one, too.
  func apply(_ failure: UInt16?, to uid: UID, ofRoot root: Int64, by reporter: String, now: Timestamp) throws {
    try db.run(
      """
      UPDATE item SET committed = ?, reason_code = ?, reported_by = ?, decided_at = ?
      WHERE commitment = ? AND sop_instance = ? AND (committed IS NULL OR committed = 1 AND ?)
      """,
      failure == nil, failure, reporter, now.microseconds, root, uid.rawValue, failure != nil)
  }

  /// Counts what is decided of a transaction.
  func conclude(_ number: Int64, by reporter: String, now: Timestamp) throws {
    guard
      let found = try db.first(
        "SELECT \(CommitmentRow.columns) FROM commitment c WHERE c.number = ?", number, read: CommitmentRow.read)
    else { return }
    try CommitmentRow.answer(found, by: reporter, now: now, in: db)
  }
}

/// The queries that find what operators wish to be asked for.
enum ManualRequests {
  struct Next {
    var found: CommitmentRow.Found
    var openings: Int
    var at: Timestamp
  }

  static let next = """
    SELECT \(CommitmentRow.columns), c.openings, c.next_ask_at FROM commitment c INDEXED BY commitment_again
    WHERE c.destination = ? AND c.manual = 1 AND c.root IS NULL AND c.next_ask_at IS NOT NULL
    ORDER BY c.next_ask_at LIMIT 1
    """

  static let open = """
    SELECT sop_class, sop_instance FROM item WHERE commitment = ? AND committed IS NULL ORDER BY sop_instance
    """

  static func read(_ columns: inout Columns) throws -> Next {
    Next(found: try CommitmentRow.read(&columns), openings: columns.next(), at: columns.time())
  }
}
