import EscrowCore
import Foundation

/// Files that only their owner can read.
enum PrivateFile {
  /// Makes an empty one, unless it is there: SQLite gives its logs the rights of the database.
  static func make(_ path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if descriptor >= 0 { close(descriptor) }
  }
}

/// A lock on a file that only one process can have, given back when this is released or the process ends.
final class FileLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock at `path`, making the file if need be; throws ``LedgerError/locked(path:)`` when it is taken.
  init(path: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw LedgerError.locked(path: path)
    }
    self.descriptor = descriptor
  }

  /// Gives the lock back.
  func release() { _ = flock(descriptor, LOCK_UN) }

  deinit { close(descriptor) }
}
