import DICOM
import EscrowCore
import GRDB

/// How a transaction and its items are written to and read from their rows.
enum CommitmentRow {
  /// A transaction as it is on record.
  struct Found {
    /// Its number; transactions are numbered as they are opened.
    var number: Int64
    /// The number of the one that it asks again for; its own if there is none.
    var root: Int64
    var study: UID?
    /// Without the failed references, which have rows of their own.
    var record: TransactionRecord
  }

  static let columns = """
    c.number, coalesce(c.root, c.number), c.study, c.uid, c.destination, c.state, c.opened_at, c.answered_at, c.message, c.reported_by, \
    c.next_ask_at, c.items, c.committed, c.manual
    """

  static func read(_ columns: inout Columns) throws -> Found {
    Found(
      number: columns.next(), root: columns.next(), study: try columns.optionalRaw(),
      record: TransactionRecord(
        uid: try columns.raw(), destination: try columns.raw(), state: try columns.raw(), openedAt: columns.time(),
        answeredAt: columns.optionalTime(), message: columns.optional(), reportedBy: columns.optional(),
        nextAskAt: columns.optionalTime(),
        references: columns.next(), committed: columns.next(), failed: [], manual: columns.next()))
  }

  static func find(_ uid: UID, in db: Database) throws -> Found? {
    try db.first("SELECT \(columns) FROM commitment c WHERE c.uid = ?", uid.rawValue, read: read)
  }

  static func failed(of number: Int64, in db: Database) throws -> [FailedReference] {
    try db.rows(
      """
      SELECT sop_class, sop_instance, reason_code FROM item WHERE commitment = ? AND committed = 0
      ORDER BY sop_instance
      """,
      number
    ) { FailedReference(sop: try $0.sop(), reason: $0.optional() ?? 0x0110) }
  }

  /// Writes a transaction for `items`; returns its number.
  static func insert(
    _ transaction: CommitmentTransaction, items: [Item], study: UID?, isManual: Bool, in db: Database
  ) throws -> Int64 {
    guard try find(transaction.uid, in: db) == nil else {
      throw LedgerError.transactionExists(transaction.uid.rawValue)
    }
    let nextAskAt = items.compactMap { $0.delivery?.notBefore }.min()
    try db.run(
      """
      INSERT INTO commitment (uid, destination, study, state, opened_at, next_ask_at, manual, items)
      VALUES (?, ?, ?, 'open', ?, ?, ?, ?)
      """,
      transaction.uid.rawValue, transaction.destination.rawValue, study?.rawValue, transaction.openedAt.microseconds,
      nextAskAt.stored, isManual, items.count)
    let number = db.lastInsertedRowID
    for item in items {
      try db.run(
        "INSERT INTO item (commitment, sop_instance, sop_class, delivery, attempt) VALUES (?, ?, ?, ?, ?)", number,
        item.sop.instanceUID.rawValue, item.sop.classUID.rawValue, item.delivery?.id.rawValue,
        item.delivery?.attempts ?? 0)
    }
    return number
  }

  /// What a transaction asks for; without a delivery it proves nothing.
  struct Item {
    var sop: SOPInstance
    var delivery: Delivery?
  }

  /// A report decided some of a transaction's items.
  static func answer(_ transaction: Found, by reporter: String, now: Timestamp, in db: Database) throws {
    try db.run(
      """
      UPDATE commitment SET state = 'answered', answered_at = ?, reported_by = ?,
        committed = (SELECT count(*) FROM item WHERE commitment = number AND committed = 1),
        failed = (SELECT count(*) FROM item WHERE commitment = number AND committed = 0),
        next_ask_at = iif(
          EXISTS (SELECT 1 FROM item WHERE commitment = number AND committed IS NULL), next_ask_at, NULL)
      WHERE number = ?
      """,
      now.microseconds, reporter, transaction.number)
  }

  static func refuse(_ number: Int64, message: String, retryAt: Timestamp, in db: Database) throws {
    try db.run(
      """
      UPDATE commitment SET state = iif(state = 'open', 'refused', state), message = ?,
        next_ask_at = iif(root IS NULL, ?, NULL)
      WHERE number = ?
      """,
      message, retryAt.microseconds, number)
  }

  static func note(_ number: Int64, message: String, in db: Database) throws {
    try db.run("UPDATE commitment SET message = ? WHERE number = ?", message, number)
  }
}
