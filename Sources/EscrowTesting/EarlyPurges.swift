import DICOM
package import EscrowCore
package import EscrowSpool

/// A road that is broken on purpose: removes the files of what a report calls committed before the report is on record.
package struct EarlyPurges: ForwardingLedger {
  package let ledger: any Ledger
  private let spool: Spool

  package init(ledger: any Ledger, spool: Spool) {
    self.ledger = ledger
    self.spool = spool
  }

  package func applyReport(
    _ report: CommitmentReport, from reporters: Set<PeerName>, policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) async throws -> ReportResult {
    for reference in report.committed {
      let filter = InstanceFilter(sopInstanceUID: reference.instanceUID)
      let found = try await ledger.instances(filter, page: PageRequest())
      try await spool.remove(found.items.map(\.instance.file))
    }
    return try await ledger.applyReport(report, from: reporters, policies: policies, now: now)
  }
}
