import EscrowCore
package import Foundation
import GRDB

/// What a ledger's file says of itself, found without changing it. Only for whoever has its lock.
package struct LedgerExamination: Sendable, Equatable {
  /// The ledger's own name; nil in a file that a first start left before it was given one.
  package var id: UUID?
  /// The spool that it belongs to; nil until they are paired.
  package var spool: UUID?
  package var migrations: Set<String>
  /// Whether the process that had it last closed it.
  package var wasClosed: Bool
  /// How many of which state.
  package var instances: [String: Int]
  package var deliveries: [String: Int]

  package init(
    id: UUID?, spool: UUID?, migrations: Set<String>, wasClosed: Bool, instances: [String: Int] = [:],
    deliveries: [String: Int] = [:]
  ) {
    self.id = id
    self.spool = spool
    self.migrations = migrations
    self.wasClosed = wasClosed
    self.instances = instances
    self.deliveries = deliveries
  }

  /// Reads the file at `path`; nil when there is none, or an empty one that nothing was ever written to.
  ///
  /// - Parameter isThorough: whether all pages are looked at, which takes a second or two a gigabyte.
  /// - Throws: ``LedgerError`` for a file that is damaged, incomplete or no ledger.
  package static func of(_ path: String, isThorough: Bool) throws -> LedgerExamination? {
    try LedgerError.naming(path) {
      guard let size = try FileSize.of(path), size > 0 else { return nil }
      // SQLite would take this for a new database.
      guard size >= 512 else { throw LedgerError.damaged(path: path, finding: "it has \(size) bytes") }
      let log = try FileSize.of(path + "-wal")
      let queue = try open(path)
      defer {
        try? queue.close()
        if log == nil { removeEmptyLog(of: path) }
      }
      return try queue.read { db in
        guard try isLedger(db, path: path) else { return nil }
        let wasClosed = try LogMark.check(in: db, found: log, path: path)
        if isThorough { try check(db, path: path) }
        return LedgerExamination(
          id: try Identity.value("ledger", in: db).flatMap { UUID(uuidString: $0) },
          spool: try Identity.value("spool", in: db).flatMap { UUID(uuidString: $0) },
          migrations: try Schema.migrator.appliedIdentifiers(db), wasClosed: wasClosed,
          instances: try counts(of: "instance_count", in: db), deliveries: try counts(of: "delivery_count", in: db))
      }
    }
  }

  /// Throws unless the pages of the database fit together.
  static func check(_ db: Database, path: String) throws {
    let finding = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no answer"
    guard finding == "ok" else {
      throw LedgerError.damaged(path: path, finding: finding.split(separator: "\n").joined(separator: " "))
    }
  }

  /// SQLite makes an empty log where there is none, in the way of whoever wants to put the real one back.
  private static func removeEmptyLog(of path: String) {
    guard let size = try? FileSize.of(path + "-wal"), size == 0 else { return }
    for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
  }

  private static func counts(of table: String, in db: Database) throws -> [String: Int] {
    let rows = try db.rows("SELECT state, sum(n) FROM \(table) WHERE n > 0 GROUP BY state") {
      ($0.next() as String, $0.next() as Int)
    }
    return Dictionary(uniqueKeysWithValues: rows)
  }

  /// Read-only, so that closing it moves nothing out of the write-ahead log.
  static func open(_ path: String) throws -> DatabaseQueue {
    try undoFirstStart(path)
    return try open(path, readonly: true)
  }

  /// A first start that a power cut ended before the database had a write-ahead log left a rollback journal, which only
  /// a writing connection can play back.
  private static func undoFirstStart(_ path: String) throws {
    guard try FileSize.of(path + "-journal") != nil else { return }
    let queue = try open(path, readonly: false)
    defer { try? queue.close() }
    try queue.read { _ = try String.fetchAll($0, sql: "SELECT name FROM sqlite_master") }
  }

  private static func open(_ path: String, readonly: Bool) throws -> DatabaseQueue {
    _ = Durability.forgoesMemoryStatistics
    var configuration = Configuration()
    configuration.readonly = readonly
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { try PersistentLog.keep(on: $0) }
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// Whether the tables are there; a database of something else is refused.
  private static func isLedger(_ db: Database, path: String) throws -> Bool {
    let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
    if tables.contains("meta") && tables.contains("instance") { return true }
    guard tables.allSatisfy({ $0.hasPrefix("grdb_") || $0.hasPrefix("sqlite_") }) else {
      throw LedgerError.unusable(path: path, cause: "it is a database of another program")
    }
    return false
  }
}

extension LedgerError {
  /// Runs `body`; what SQLite and the file system throw is told of the ledger at `path`.
  static func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as DatabaseError where error.isDamage {
      throw LedgerError.damaged(path: path, finding: error.message ?? "\(error.extendedResultCode)")
    } catch let error as DatabaseError {
      throw LedgerError.unusable(path: path, cause: error.message ?? "\(error.extendedResultCode)")
    } catch let error as CocoaError {
      throw LedgerError.unusable(path: path, cause: error.localizedDescription)
    }
  }
}

extension Error {
  /// Whether the database's pages do not fit together.
  var isDamage: Bool {
    guard let error = self as? DatabaseError else { return false }
    return [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
  }
}

/// How long files are.
enum FileSize {
  /// In bytes; nil when there is no such file.
  static func of(_ path: String) throws -> Int64? {
    var facts = stat()
    guard stat(path, &facts) == 0 else {
      if errno == ENOENT { return nil }
      throw LedgerError.unusable(path: path, cause: String(cString: strerror(errno)))
    }
    guard facts.st_mode & S_IFMT == S_IFREG else {
      throw LedgerError.unusable(path: path, cause: "it is not a regular file")
    }
    return Int64(facts.st_size)
  }
}
