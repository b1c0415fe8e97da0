import DICOM
import EscrowCore
import GRDB

/// How an attempt is written to and read from its row.
enum AttemptRow {
  static let columns =
    "delivery, attempt, started_at, ended_at, result, status, message, association, transfer_syntax"

  static func read(_ columns: inout Columns) throws -> AttemptRecord {
    AttemptRecord(
      delivery: try columns.raw(), attempt: columns.next(), startedAt: columns.time(), endedAt: columns.time(),
      result: columns.next(), status: columns.optional(), message: columns.optional(), association: columns.optional(),
      transferSyntax: try columns.optionalRaw())
  }

  /// Whether it is on record how this attempt ended; that it was taken back does not count.
  static func exists(_ key: ClaimKey, in db: Database) throws -> Bool {
    try db.exists(
      "SELECT 1 FROM attempt WHERE delivery = ? AND attempt = ? AND result <> 'returned'", key.delivery.rawValue,
      key.attempt)
  }

  static func insert(_ attempt: AttemptRecord, in db: Database) throws {
    try db.run(
      "INSERT INTO attempt (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", attempt.delivery.rawValue, attempt.attempt,
      attempt.startedAt.microseconds, attempt.endedAt.microseconds, attempt.result, attempt.status, attempt.message,
      attempt.association, attempt.transferSyntax?.rawValue)
  }
}
