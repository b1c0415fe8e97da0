import EscrowConfiguration
import EscrowCore
import EscrowSpool
import Foundation
import LedgerSQLite
import Testing

@testable import EscrowCLI

/// Which spool and which ledger may be opened together.
@Suite struct PremisesTests {
  private static let ledgerID = UUID()
  private static let otherLedger = UUID()
  private static let spoolID = "0198a000-0000-7000-8000-0000000000ab"
  private static let otherSpool = "0198a000-0000-7000-8000-0000000000cd"

  private func spool(_ id: String = spoolID, pairedWith ledger: UUID? = ledgerID) -> SpoolIdentity {
    SpoolIdentity(id: id, ledgerID: ledger?.uuidString)
  }

  private func ledger(_ id: UUID? = ledgerID, boundTo spool: String? = spoolID) -> LedgerExamination {
    LedgerExamination(id: id, spool: spool.flatMap { UUID(uuidString: $0) }, migrations: ["1 first"], wasClosed: true)
  }

  private func check(_ spool: SpoolIdentity?, _ ledger: LedgerExamination?) throws {
    var settings = Settings()
    settings.spool.path = "/spool"
    settings.ledger.path = "/escrow.db"
    try Premises(spool: spool, ledger: ledger).check(settings)
  }

  @Test func aFirstStartMayEndAnywhereAndGoesOn() throws {
    try check(nil, nil)
    try check(nil, ledger(nil, boundTo: nil))
    try check(nil, ledger(boundTo: nil))
    try check(spool(pairedWith: nil), ledger(boundTo: nil))
    try check(spool(pairedWith: nil), nil)
    try check(spool(), ledger(boundTo: nil))
    try check(spool(), ledger())
  }

  @Test func aSpoolWhoseLedgerIsGoneIsRefused() {
    let error = LedgerError.missing(path: "/escrow.db", spool: "/spool (\(Self.spoolID))")
    #expect(throws: error) { try check(spool(), nil) }
    #expect(throws: error) { try check(spool(), ledger(nil, boundTo: nil)) }
    #expect(error.description.contains("escrow rebuild") && error.description.contains("/escrow.db"))
  }

  @Test func aLedgerWhoseSpoolIsGoneIsRefused() {
    let error = SpoolError.missing(path: "/spool", ledger: "/escrow.db", expected: Self.spoolID.uppercased())
    #expect(throws: error) { try check(nil, ledger()) }
    #expect(error.description.contains("mounted"))
  }

  @Test func strangersAreRefused() {
    #expect(
      throws: LedgerError.foreignSpool(expected: Self.spoolID.uppercased(), found: Self.otherSpool.uppercased())
    ) { try check(spool(Self.otherSpool), ledger()) }
    #expect(
      throws: SpoolError.foreignLedger(
        path: "/spool", expected: Self.ledgerID.uuidString, found: Self.otherLedger.uuidString)
    ) { try check(spool(pairedWith: Self.otherLedger), ledger()) }
  }
}
