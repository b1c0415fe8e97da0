package import EscrowCore
package import Foundation
import GRDB

/// The files of a ledger that no server has, locked until this goes.
package struct LedgerFiles: Sendable {
  package let path: String
  private let lock: FileLock

  /// Takes the lock; throws ``LedgerError/locked(path:)`` when a server or another command has it.
  package init(path: String) throws {
    self.path = path
    let folder = Durable.folder(of: path)
    try LedgerError.naming(path) {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    lock = try LedgerError.naming(path) { try FileLock(path: path + "-lock") }
  }

  /// Whether there is a database, of whatever kind.
  package var exist: Bool { access(path, F_OK) == 0 }

  /// What the database says of itself; see ``LedgerExamination/of(_:isThorough:)``.
  package func examine(isThorough: Bool) throws -> LedgerExamination? {
    try LedgerExamination.of(path, isThorough: isThorough)
  }

  /// Copies the ledger into one new file, and refuses one that is damaged, incomplete or of a newer program.
  package func copy(to target: String) throws {
    try LedgerError.naming(path) {
      guard let found = try examine(isThorough: true) else { throw LedgerError.missing(path: path, spool: nil) }
      try Upgrade.refuseNewer(found, migrator: Schema.migrator, path: path)
      let queue = try LedgerExamination.open(path)
      defer { try? queue.close() }
      try LedgerCopy.make(of: queue, at: target)
    }
  }

  /// Opens a new ledger beside this one, which ``installBegun()`` puts in its place once it is filled and closed. What
  /// an interrupted try left of one is removed.
  ///
  /// - Parameter name: what it is to call itself; nil for a new name.
  package func begin(named name: UUID?) throws -> SQLiteLedger {
    try remove(begun)
    return try SQLiteLedger.open(path: begun, name: name)
  }

  /// Puts the ledger of ``begin(named:)`` in the place of this one, which must be free.
  package func installBegun() throws { try install(begun) }

  /// Makes of a backup what can be installed; see ``install(_:)``.
  ///
  /// - Parameter madeAt: when the backup was made, for people.
  package func prepare(_ target: String, from backup: String, madeAt: String, now: Timestamp) throws {
    try LedgerError.naming(backup) {
      guard let found = try LedgerExamination.of(backup, isThorough: true) else {
        throw LedgerError.missing(path: backup, spool: nil)
      }
      try Upgrade.refuseNewer(found, migrator: Schema.migrator, path: backup)
      try remove(target)
      let queue = try LedgerExamination.open(backup)
      defer { try? queue.close() }
      try LedgerCopy.make(of: queue, at: target) { try Restoration.prepare($0, madeAt: madeAt, now: now) }
    }
  }

  private var begun: String { path + ".rebuilding" }

  private func remove(_ database: String) throws {
    for suffix in ["", "-wal", "-shm", "-lock", "-journal"] where access(database + suffix, F_OK) == 0 {
      try FileManager.default.removeItem(atPath: database + suffix)
    }
  }

  /// Gives the database and its log other names, which say why and when. Returns the database's; nothing is removed.
  package func setAside(_ why: String, now: Timestamp) throws -> String {
    let stamp = now.rfc3339.filter { $0.isNumber || $0 == "T" }.prefix(15)
    let target = "\(path).\(why)-\(stamp)"
    // The log first: a database without it is refused, one with it is whole.
    for suffix in ["-wal", ""] where access(path + suffix, F_OK) == 0 {
      try Durable.rename(path + suffix, to: target + suffix)
    }
    try? FileManager.default.removeItem(atPath: path + "-shm")
    return target
  }

  /// Puts a closed and complete database, which lies in the same folder, in the ledger's place; that must be free.
  package func install(_ database: String) throws {
    for suffix in ["-wal", "-shm", "-lock"] {
      try? FileManager.default.removeItem(atPath: database + suffix)
    }
    try Durable.sync(database)
    try Durable.rename(database, to: path)
  }
}
