import DICOM
import EscrowCore
import EscrowSpool
import EscrowTesting

/// Removes the files of what a report calls committed before the report is on record.
struct EarlyPurges: ForwardingLedger {
  let ledger: any Ledger
  let spool: Spool

  func applyReport(
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
