package import EscrowCore
import Glibc

/// What can go wrong with an instance's file.
package enum SpoolError: Error, Equatable {
  /// The file system refused `operation` on `path`.
  case disk(operation: String, path: String, errno: Int32)
  /// The data set is longer than the configured limit, in bytes.
  case tooLarge(limit: Int64)
  /// The file is not what was once written: missing bytes, other bytes, or another file in its place.
  case damaged(file: InstanceID, reason: String)
  /// Another process owns the spool.
  case inUse(path: String, holder: String?)
  /// The spool belongs to another ledger than the one at hand.
  case foreignLedger(path: String, expected: String, found: String)
  /// A ledger belongs to a spool, and there is none.
  case missing(path: String, ledger: String, expected: String)
  /// The spool has files, but not the file that says which spool it is.
  case missingIdentity(path: String)
  /// The spool's identity file cannot be understood.
  case malformedIdentity(path: String)
  /// A name that is not a UUID in canonical form never becomes a path.
  case malformedName(String)
  /// A UID is too long for File Meta Information, or another value cannot be written.
  case unwritable(reason: String)
  /// The writer was abandoned before it was asked to finish.
  case abandoned
  /// The I/O threads have been shut down.
  case stopped

  /// Whether the disk, its inodes or a quota are used up, which only time or an operator can cure.
  package var isNoSpace: Bool { [ENOSPC, EDQUOT].contains(code) }

  /// Whether there is no such file.
  package var isMissing: Bool { code == ENOENT }

  /// Whether a spool has lost the file that says which it is.
  package var isMissingIdentity: Bool {
    if case .missingIdentity = self { true } else { false }
  }

  /// Whether the file was there but is not whole.
  package var isDamaged: Bool {
    if case .damaged = self { true } else { false }
  }

  /// Whether the file is lost as it is: gone, not whole, or on a part of the disk that cannot be read.
  package var isLoss: Bool { isMissing || isDamaged || code == EIO }

  /// The system's error number; nil when the file system is not the cause.
  package var code: Int32? {
    if case .disk(_, _, let code) = self { code } else { nil }
  }
}

extension SpoolError: CustomStringConvertible {
  /// What happened and, where a person can help, what to do.
  package var description: String {
    switch self {
    case .disk(let operation, let path, let code):
      "cannot \(operation) \(path): \(String(cString: strerror(code))) (errno \(code))\(Self.advice(code))"
    case .tooLarge(let limit): "the data set is longer than the limit of \(limit) bytes"
    case .damaged(let file, let reason): "spool file \(file) is damaged: \(reason)"
    case .inUse(let path, let holder):
      "the spool \(path) is in use by another escrow process\(holder.map { " (process \($0))" } ?? ""): "
        + "stop that process first, or ask it through its API"
    case .foreignLedger(let path, let expected, let found):
      "the spool \(path) belongs to ledger \(found), not to \(expected): "
        + "check spool.path and ledger.path, or restore the pair from the same backup; see docs/recovery.md"
    case .missing(let path, let ledger, let expected):
      "there is no spool at \(path), but the ledger \(ledger) belongs to one (\(expected)): is its disk mounted, and is "
        + "spool.path right? See docs/recovery.md"
    case .missingIdentity(let path):
      "\(path) is missing, and without it nobody knows which spool these files are: put it back (three lines, which "
        + "docs/recovery.md shows), and nothing is lost; else make a new ledger from the files with escrow rebuild"
    case .malformedIdentity(let path):
      "\(path) is not a spool's identity file: put it back from a backup; see docs/recovery.md"
    case .malformedName(let name): "\(name.debugDescription) is not the name of a spool file"
    case .unwritable(let reason): "the file cannot be written: \(reason)"
    case .abandoned: "the reception was abandoned"
    case .stopped: "the I/O threads are shut down"
    }
  }

  /// What a person can do about an error number.
  private static func advice(_ code: Int32) -> String {
    switch code {
    case ENOSPC, EDQUOT: ": free space or inodes on that file system, or raise the quota"
    case EROFS: ": mount that file system writable again"
    case EACCES, EPERM: ": check owner and rights"
    case EIO: ": check the disk and the system's log"
    default: ""
    }
  }
}
