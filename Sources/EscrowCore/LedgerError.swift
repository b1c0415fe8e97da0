/// Why a ledger could not be opened, or can no longer be written to.
package enum LedgerError: Error, Sendable, Equatable {
  /// What was written may not be durable. The process must end and read its state again at the next start.
  case syncFailed(String)
  /// The file system refused a write; the transaction was rolled back and the ledger goes on.
  case notWritten(cause: String, isFull: Bool)
  /// Another process has the ledger open.
  case locked(path: String)
  /// The file cannot be opened or is no ledger.
  case unusable(path: String, cause: String)
  /// The file's pages do not fit together: it was truncated, overwritten, or the disk lost parts of it.
  case damaged(path: String, finding: String)
  /// The write-ahead log is gone or was cut, and the latest commits with it. Lengths in bytes.
  case logMissing(path: String, expected: Int64, found: Int64?)
  /// The spool belongs to a ledger, and there is none.
  case missing(path: String, spool: String?)
  /// A copy of the ledger could not be written; the ledger itself is as it was.
  case notCopied(to: String, cause: String)
  /// The file was written by a newer version of this program.
  case newerSchema(path: String, migrations: [String])
  /// The database does not flush each commit (`PRAGMA synchronous` is not FULL).
  case notDurable(synchronous: Int)
  /// The ledger belongs to another spool.
  case foreignSpool(expected: String, found: String)
  /// A transaction with this UID is already on record.
  case transactionExists(String)
  /// Another number of rows matches a bulk change than its order expects; nothing was changed.
  case unexpectedCount(matched: Int, expected: Int)
  /// A cursor that no page of this ledger ended with.
  case invalidCursor(String)
  /// A row of the ledger cannot be read as what it should be.
  case malformedRow(String)
  /// The ledger was closed.
  case closed
}

extension LedgerError {
  /// Whether nothing can be recorded any more until the next start.
  package var isFinal: Bool {
    switch self {
    case .syncFailed, .damaged: true
    default: false
    }
  }
}

extension LedgerError: CustomStringConvertible {
  /// What happened and, where a person can help, what to do.
  package var description: String {
    switch self {
    case .syncFailed(let cause):
      "the ledger cannot be made durable (\(cause)): check the disk; the process ends and recovers at its next start"
    case .notWritten(let cause, let isFull):
      "the ledger did not take it (\(cause)): "
        + (isFull ? "free space on its file system" : "check its disk and whether it is writable")
    case .locked(let path):
      "the ledger \(path.hasSuffix("-lock") ? String(path.dropLast(5)) : path) is in use by another escrow process: stop "
        + "that process first, or ask it through its API"
    case .unusable(let path, let cause):
      "the ledger \(path) cannot be used: \(cause). Do not delete it: free disk space, check the path and its rights, "
        + "or put back a backup with escrow restore"
    case .damaged(let path, let finding):
      "the ledger \(path) is damaged: \(finding). Nothing was changed. Put back a backup with escrow restore, or make a "
        + "new one from the spool's files with escrow rebuild; see docs/recovery.md"
    case .logMissing(let path, let expected, let found):
      "the ledger's log \(path)-wal \(found.map { "has \($0) bytes instead of \(expected)" } ?? "is missing"), and with "
        + "it the latest that was recorded: put it back beside \(path). If it is lost, put back a backup with escrow "
        + "restore, or make a new ledger from the spool's files with escrow rebuild; see docs/recovery.md"
    case .missing(let path, let spool):
      "there is no ledger at \(path)"
        + (spool.map {
          ", but the spool \($0) belongs to one: check ledger.path, put back the file or a backup with escrow "
        }
          ?? ": put back a backup with escrow ")
        + "restore, or make a new one from the spool's files with escrow rebuild; see docs/recovery.md"
    case .notCopied(let target, let cause): "the ledger cannot be copied to \(target): \(cause)"
    case .newerSchema(let path, let migrations):
      "the ledger \(path) was written by a newer version (\(migrations.joined(separator: ", "))): install that version, "
        + "or put the copy \(path).before-N, made before it was changed, in its place; see docs/recovery.md"
    case .notDurable(let synchronous):
      "SQLite does not flush commits (synchronous = \(synchronous), 2 is needed): nothing is accepted like this"
    case .foreignSpool(let expected, let found):
      "the ledger belongs to spool \(expected), not to \(found): check ledger.path and spool.path, or restore the pair "
        + "from the same backup; see docs/recovery.md"
    case .transactionExists(let uid): "a transaction \(uid) is already on record"
    case .unexpectedCount(let matched, let expected): "\(matched) match, \(expected) were expected: nothing was changed"
    case .invalidCursor(let cursor): "\(cursor.debugDescription) is not a cursor of this list"
    case .malformedRow(let text): "a row of the ledger cannot be read: \(text)"
    case .closed: "the ledger is closed"
    }
  }
}
