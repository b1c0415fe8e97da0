import EscrowCore
import GRDB

/// What is done to an existing database before this program's schema is applied to it.
enum Upgrade {
  /// Refuses a database that is damaged, incomplete or written by a newer program, and copies one that is about to be
  /// migrated. Returns what it says of itself; nil when there is none yet.
  static func prepare(path: String, migrator: DatabaseMigrator) throws -> LedgerExamination? {
    guard let found = try LedgerExamination.of(path, isThorough: true) else { return nil }
    try refuseNewer(found, migrator: migrator, path: path)
    guard !found.migrations.isEmpty, !found.migrations.isSuperset(of: migrator.migrations) else { return found }
    let queue = try LedgerExamination.open(path)
    defer { try? queue.close() }
    let copy = "\(path).before-\(migrator.migrations.count)"
    // A later try does not overwrite it.
    if try FileSize.of(copy) == nil { try LedgerCopy.make(of: queue, at: copy) }
    return found
  }

  static func refuseNewer(_ found: LedgerExamination, migrator: DatabaseMigrator, path: String) throws {
    let unknown = found.migrations.subtracting(migrator.migrations)
    guard unknown.isEmpty else { throw LedgerError.newerSchema(path: path, migrations: unknown.sorted()) }
  }
}
