package import EscrowCore
package import EscrowSpool
package import LedgerSQLite

/// What the running system stands on. The program uses it as it is; the tests of the power cut put broken parts in, to
/// see that they are found out. No configuration, argument or environment reaches it.
package struct Parts: Sendable {
  /// Where the spool's files are.
  package var disk: any SpoolDisk = PosixDisk()
  package var openLedger: @Sendable (_ path: String) throws -> SQLiteLedger = { try SQLiteLedger.open(path: $0) }
  /// The ledger that the road is given.
  package var road: @Sendable (SQLiteLedger, Spool) -> any Ledger = { ledger, _ in ledger }

  package init() {}
}
