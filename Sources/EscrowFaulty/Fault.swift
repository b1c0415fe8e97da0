import EscrowCLI
import EscrowSpool
import EscrowTesting
import LedgerSQLite

/// What may be wrong with a router that is careless about power cuts.
enum Fault: String, CaseIterable {
  /// Files get their name by a rename that is not made durable.
  case rename
  /// Files are not synced.
  case fileSync
  /// Commits are not flushed.
  case normal
  /// The sender is answered while the row is on its way to the ledger.
  case earlyAnswer
  /// Files go when a report arrives, not when it is durable.
  case earlyPurge

  var parts: Parts {
    var parts = Parts()
    switch self {
    case .rename: parts.disk = RenamingDisk()
    case .fileSync: parts.disk = UnsyncedDisk()
    case .normal: parts.openLedger = { try SQLiteLedger.open(path: $0, synchronous: .normal) }
    case .earlyAnswer: parts.road = { ledger, _ in EarlyAnswers(ledger: ledger) }
    case .earlyPurge: parts.road = { ledger, spool in EarlyPurges(ledger: ledger, spool: spool) }
    }
    return parts
  }
}
