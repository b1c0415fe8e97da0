import EscrowCore
import GRDB
import GRDBSQLite

/// Keeps the write-ahead log's file when the database is closed.
///
/// SQLite normally removes it then. Kept, its absence always means that somebody else removed it; see ``LogMark``.
enum PersistentLog {
  static func keep(on db: Database) throws {
    var isOn: Int32 = 1
    let code = sqlite3_file_control(db.sqliteConnection, nil, SQLITE_FCNTL_PERSIST_WAL, &isOn)
    guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
  }
}

/// The mark that a ledger bears while a process has it, and after that process died: how long its write-ahead log is
/// at least. The latest commits are in the log alone, and without it the database may be a mix of old and new pages.
enum LogMark {
  private static let key = "log"

  /// To be called before anything else is written: from now on the log may be shorter.
  static func clear(in db: Database) throws {
    guard try db.tableExists("meta") else { return }
    try db.run("DELETE FROM meta WHERE key = ?", key)
  }

  static func isSet(in db: Database) throws -> Bool { try Identity.value(key, in: db) != nil }

  /// To be called once the log has grown and before it is moved into the database.
  static func set(in db: Database, path: String) throws {
    guard let size = try FileSize.of(path + "-wal") else { return }
    try Identity.set(key, String(size), in: db)
  }

  /// Whether there is no mark; throws ``LedgerError/logMissing(path:expected:found:)`` when there is one, and the log is
  /// gone or was cut.
  static func check(in db: Database, found: Int64?, path: String) throws -> Bool {
    guard let expected = try Identity.value(key, in: db).flatMap({ Int64($0) }) else { return true }
    if found ?? 0 >= expected { return false }
    throw LedgerError.logMissing(path: path, expected: expected, found: found)
  }
}
