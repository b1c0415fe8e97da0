import EscrowCore
import Foundation
import GRDB

/// What is done to an existing database before this program's schema is applied to it.
enum Upgrade {
  /// Refuses a database written by a newer program, and copies one that is about to be migrated.
  static func prepare(path: String, migrator: DatabaseMigrator) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    let queue = try DatabaseQueue(path: path)
    defer { try? queue.close() }
    let applied = try queue.read { try migrator.appliedIdentifiers($0) }
    let unknown = applied.subtracting(migrator.migrations)
    guard unknown.isEmpty else { throw LedgerError.newerSchema(migrations: unknown.sorted()) }
    guard !applied.isEmpty, !applied.isSuperset(of: migrator.migrations) else { return }
    try copy(queue, to: "\(path).before-\(migrator.migrations.count)")
  }

  /// An exact and durable copy, which a later try does not overwrite.
  private static func copy(_ queue: DatabaseQueue, to path: String) throws {
    guard !FileManager.default.fileExists(atPath: path) else { return }
    let partial = path + ".partial"
    try? FileManager.default.removeItem(atPath: partial)
    try queue.vacuum(into: partial)
    try sync(partial)
    try FileManager.default.moveItem(atPath: partial, toPath: path)
    try sync(URL(fileURLWithPath: path).deletingLastPathComponent().path)
  }

  private static func sync(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown, userInfo: [NSFilePathErrorKey: path]) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw LedgerError.syncFailed(path) }
  }
}
