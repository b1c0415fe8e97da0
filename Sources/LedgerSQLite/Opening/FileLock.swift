import EscrowCore
import Foundation

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
