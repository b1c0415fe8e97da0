import CSQLite
import EscrowCore
import GRDB

/// SQLite's `synchronous`: when a commit is flushed.
package enum Synchronous: Int, Sendable {
  /// At checkpoints only: a power cut takes the last commits.
  case normal = 1
  /// Before COMMIT returns.
  case full = 2
}

/// The settings that make COMMIT mean durable.
enum Durability {
  /// SQLite counts its memory under one lock of the whole process, which takes a tenth of the time of its statements.
  /// That is turned off before a file is examined or opened for the first time; where SQLite was used before, it goes on
  /// counting.
  static let forgoesMemoryStatistics = csqlite_forgo_memory_statistics() == SQLITE_OK

  /// Page caches, in KiB. Those who read start with an empty one after each commit of another.
  private static let writingCache = 16384
  private static let readingCache = 2048

  static var configuration: Configuration {
    var configuration = Configuration()
    configuration.label = "ledger"
    configuration.busyMode = .timeout(10)
    configuration.maximumReaderCount = 4
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { db in
      try PersistentLog.keep(on: db)
      try db.execute(
        sql: """
          PRAGMA mmap_size = 0; PRAGMA journal_size_limit = -1; PRAGMA temp_store = MEMORY;
          PRAGMA wal_autocheckpoint = 0;
          PRAGMA cache_size = -\(db.configuration.readonly ? readingCache : writingCache)
          """)
    }
    return configuration
  }

  /// Brings the schema up to date. What a migration sorts may be most of a ledger: it is sorted in files meanwhile.
  static func migrate(_ pool: DatabasePool, by migrator: DatabaseMigrator) throws {
    try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA temp_store = FILE") }
    try migrator.migrate(pool)
    try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA temp_store = MEMORY") }
  }

  /// SQLite's default, in bytes.
  private static let pageSize = 4096

  /// Turns flushing on and checks that it is, then grows the log. To be called after the pool is open, because GRDB
  /// itself turns `synchronous` down to NORMAL after `prepareDatabase`.
  static func establish(in pool: DatabasePool, logPages: Int, synchronous: Synchronous = .full) throws {
    let path = pool.path
    try pool.writeWithoutTransaction { db in
      // What a dead process left goes first, and a log that is long enough is not grown: a start on a full disk must
      // not use up the room that is left in it.
      try unlessFull { _ = try db.checkpoint(.restart) }
      let isLong = try FileSize.of(path + "-wal") ?? 0 >= Int64(logPages * pageSize)
      let hasRoom = try isLong || unlessFull { try growLog(by: logPages, in: db) }
      try db.execute(sql: "PRAGMA synchronous = \(synchronous.rawValue)")
      try verify(db, atLeast: synchronous)
      if hasRoom { try unlessFull { try LogMark.set(in: db, path: path) } }
      // What is left of a full disk is not for the log to keep; but a log that the mark speaks of stays.
      let mayShrink = try !hasRoom && !LogMark.isSet(in: db)
      try unlessFull { _ = try db.checkpoint(mayShrink ? .truncate : .restart) }
    }
  }

  /// Whether there was room for it. A short log is slower, but a start on a full disk must be possible: only what runs
  /// can delete.
  @discardableResult
  static func unlessFull(_ body: () throws -> Void) throws -> Bool {
    do {
      try body()
      return true
    } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
      return false
    }
  }

  /// Throws ``LedgerError/notDurable(synchronous:)`` unless each commit is flushed.
  static func verify(_ db: Database, atLeast wanted: Synchronous = .full) throws {
    let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? 0
    guard synchronous >= wanted.rawValue else { throw LedgerError.notDurable(synchronous: synchronous) }
  }

  /// Fills the write-ahead log with commits of one page that mean nothing: a commit into a log that has its size
  /// already costs one flush, one that makes it grow costs two.
  ///
  /// They need not be flushed, but never with OFF: should the log begin anew here, its new header must reach the disk
  /// before frames are overwritten, or a power cut leaves old frames under the old header, which SQLite would put back
  /// over newer pages.
  private static func growLog(by pages: Int, in db: Database) throws {
    try db.execute(sql: "PRAGMA synchronous = NORMAL")
    try db.run("INSERT INTO meta (key, value) VALUES ('filler', '') ON CONFLICT DO NOTHING")
    for page in 0..<pages { try db.run("UPDATE meta SET value = ? WHERE key = 'filler'", String(page)) }
  }
}
