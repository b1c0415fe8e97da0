import EscrowCore
package import Foundation
import GRDB

/// The ledger in one SQLite database (WAL, `synchronous=FULL`), written by one thread of this one process.
///
/// Caveats: `db-lock`, `-wal` and `-shm` files lie beside it. Nothing else may open the database while it is in use,
/// not even to read: SQLite before 3.51.3 can damage the log when a second process checkpoints.
package final class SQLiteLedger: Ledger {
  let pool: DatabasePool
  let writer: BatchingWriter
  private let lock: FileLock
  /// The ledger's own name, given when it was made.
  package let id: UUID
  /// Whether the process that had it before closed it.
  package let predecessorEnded: Bool

  /// Opens the database at `path`, or makes it.
  ///
  /// Takes the lock, refuses what is damaged, incomplete or of a newer schema, copies an existing file before it is
  /// migrated, checks that commits are flushed, and grows the write-ahead log.
  ///
  /// - Parameters:
  ///   - name: what a new ledger calls itself; nil for a name of its own.
  ///   - synchronous: anything but `full` breaks the promise; only a test that must notice says so.
  package static func open(
    path: String, name: UUID? = nil, synchronous: Synchronous = .full
  ) throws -> SQLiteLedger {
    try LedgerError.naming(path) {
      try SQLiteLedger(
        path: path, name: name, migrator: Schema.migrator, logPages: 2048, synchronous: synchronous, fault: { _ in })
    }
  }

  /// As ``open(path:)``; tests choose the schema, the size of the log, and faults.
  init(
    path: String, name: UUID? = nil, migrator: DatabaseMigrator, logPages: Int, synchronous: Synchronous = .full,
    fault: @escaping @Sendable (BatchingWriter.Moment) throws -> Void
  ) throws {
    _ = Durability.forgoesMemoryStatistics
    lock = try FileLock(path: path + "-lock")
    predecessorEnded = try Upgrade.prepare(path: path, migrator: migrator)?.wasClosed ?? true
    PrivateFile.make(path)
    pool = try DatabasePool(path: path, configuration: Durability.configuration)
    _ = try pool.writeWithoutTransaction { db in try Durability.unlessFull { try LogMark.clear(in: db) } }
    try Durability.migrate(pool, by: migrator)
    try Durability.establish(in: pool, logPages: logPages, synchronous: synchronous)
    id = try Identity.establish(in: pool, name: name)
    writer = BatchingWriter(pool, lock: lock, fault: fault)
    writer.start()
  }

  deinit { writer.close() }

  /// Says to which spool the ledger belongs: the first time on record, later checked.
  package func bind(spool: UUID) async throws {
    try await writer.perform { try Identity.bind(spool: spool, in: $0.db) }
  }

  /// What makes room when the file system is full: called on the writer's thread, which then tries once more if that
  /// is true.
  package func whenFull(_ makeRoom: @escaping @Sendable () -> Bool) { writer.whenFull(makeRoom) }

  /// Ends after what waits is written, and lets go of the database. Every verb fails from now on.
  package func close() async throws {
    // On a full disk the mark stays, and then the log as well.
    let isUnmarked = (try? await writer.perform { try LogMark.clear(in: $0.db) }) != nil
    writer.close()
    await writer.end()
    // Readers may still be at work; then the log is moved at the next start.
    if isUnmarked { _ = try? await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) } }
    try pool.close()
    lock.release()
  }

  /// Copies everything on record now into one new file, while the ledger goes on being used.
  package func copy(to target: String) async throws {
    let (pool, path) = (pool, pool.path)
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      let thread = Thread {
        continuation.resume(with: Result { try LedgerError.naming(path) { try LedgerCopy.make(of: pool, at: target) } })
      }
      thread.name = "ledger copy"
      thread.start()
    }
  }
}
