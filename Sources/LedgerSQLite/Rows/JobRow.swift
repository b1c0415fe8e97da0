import EscrowCore
import GRDB

/// How a job is written to and read from its row.
enum JobRow {
  struct Found {
    var number: Int64
    var job: Job
  }

  static let columns = """
    j.number, j.uuid, j.kind, j.state, j.peer, j.priority, j.created_at, j.changed_at, j.completed_at, j.next_at, \
    j.troubled_since, j.total, j.done, j.tries, j.error_code, j.error
    """

  static func read(_ columns: inout Columns) throws -> Found {
    Found(
      number: columns.next(),
      job: Job(
        id: try columns.raw(), kind: try columns.raw(), state: try columns.raw(), peer: try columns.raw(),
        priority: columns.next(), createdAt: columns.time(), changedAt: columns.time(),
        completedAt: columns.optionalTime(), nextAt: columns.optionalTime(), troubledSince: columns.optionalTime(),
        total: columns.next(), done: columns.next(), tries: columns.next(), failure: try failure(&columns)))
  }

  private static func failure(_ columns: inout Columns) throws -> JobFailure? {
    let code: JobFailure.Code? = try columns.optionalRaw()
    let text: String? = columns.optional()
    guard let code, let text else { return nil }
    return JobFailure(code, text)
  }

  static func find(_ id: JobID, in db: Database) throws -> Found? {
    try db.first("SELECT \(columns) FROM job j WHERE j.uuid = ?", id.rawValue, read: read)
  }

  /// As ``find(_:in:)``, but not what was deleted.
  static func findListed(_ id: JobID, in db: Database) throws -> Found? {
    try db.first("SELECT \(columns) FROM job j WHERE j.uuid = ? AND j.deleted = 0", id.rawValue, read: read)
  }

  /// Writes a new job; returns its number.
  static func insert(_ job: Job, in db: Database) throws -> Int64 {
    try db.run(
      """
      INSERT INTO job (uuid, kind, state, peer, priority, created_at, changed_at, completed_at, next_at,
        troubled_since, total, done, tries, error_code, error, stage)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      job.id.rawValue, job.kind.rawValue, job.state.rawValue, job.peer.rawValue, job.priority,
      job.createdAt.microseconds, job.changedAt.microseconds, job.completedAt.stored, job.nextAt.stored,
      job.troubledSince.stored, job.total, job.done, job.tries, job.failure?.code.rawValue, job.failure?.text,
      job.stage.rawValue)
    return db.lastInsertedRowID
  }

  /// Writes what may change of a job.
  static func update(_ found: Found, in db: Database) throws {
    let job = found.job
    try db.run(
      """
      UPDATE job SET state = ?, priority = ?, changed_at = ?, completed_at = ?, next_at = ?, troubled_since = ?,
        done = ?, tries = ?, error_code = ?, error = ?, stage = ?
      WHERE number = ?
      """,
      job.state.rawValue, job.priority, job.changedAt.microseconds, job.completedAt.stored, job.nextAt.stored,
      job.troubledSince.stored, job.done, job.tries, job.failure?.code.rawValue, job.failure?.text,
      job.stage.rawValue, found.number)
  }
}
