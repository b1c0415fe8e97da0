import EscrowCore
import Foundation
import Glibc
import GRDB

/// An exact, whole and durable copy of a ledger in one file.
enum LedgerCopy {
  /// Makes it; the file appears under its name when it is complete.
  ///
  /// - Parameter finishing: changes the copy before that.
  /// - Throws: ``LedgerError/notCopied(to:cause:)`` when the copy cannot be written.
  static func make(
    of source: any DatabaseReader, at path: String, finishing: (Database) throws -> Void = { _ in }
  ) throws {
    let partial = path + ".partial"
    discard(partial)
    do {
      try copy(source, to: partial, finishing)
      try Durable.sync(partial)
      try Durable.rename(partial, to: path)
    } catch {
      discard(partial)
      throw blaming(path, for: error)
    }
  }

  /// What is wrong with the copy's place is no finding about the ledger.
  private static func blaming(_ path: String, for error: any Error) -> any Error {
    if let error = error as? DatabaseError, !error.isDamage {
      return LedgerError.notCopied(to: path, cause: "\(error.extendedResultCode)")
    }
    if case .unusable(_, let cause)? = error as? LedgerError { return LedgerError.notCopied(to: path, cause: cause) }
    return error
  }

  private static func copy(
    _ source: any DatabaseReader, to partial: String, _ finishing: (Database) throws -> Void
  ) throws {
    PrivateFile.make(partial)
    let copy = try DatabaseQueue(path: partial)
    defer { try? copy.close() }
    try source.backup(to: copy)
    try copy.writeWithoutTransaction { db in
      // What was in the log is in the copy.
      try db.execute(sql: "PRAGMA journal_mode = DELETE")
      try LogMark.clear(in: db)
      try finishing(db)
      try LedgerExamination.check(db, path: partial)
    }
    try copy.close()
  }

  private static func discard(_ partial: String) {
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(partial + suffix) }
  }
}

/// Changes of names that survive a power cut.
enum Durable {
  /// Makes a file's bytes, or a folder's names, durable.
  static func sync(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("sync", path) }
  }

  /// Gives a file another name in the same folder, which must be free.
  static func rename(_ path: String, to newPath: String) throws {
    guard access(newPath, F_OK) != 0 else {
      throw LedgerError.unusable(path: newPath, cause: "there is such a file already")
    }
    guard Glibc.rename(path, newPath) == 0 else { throw failure("rename to \(newPath)", path) }
    try sync(folder(of: newPath))
  }

  static func folder(of path: String) -> String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

  private static func failure(_ operation: String, _ path: String) -> LedgerError {
    .unusable(path: path, cause: "cannot \(operation): \(String(cString: strerror(errno)))")
  }
}
