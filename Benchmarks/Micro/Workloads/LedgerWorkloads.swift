import DICOM
import EscrowCore
import EscrowTesting
import LedgerSQLite

extension Workload {
  /// What the ledger does for each instance; each is a commit.
  static let ledgerWorkloads = [
    Workload(name: "admit", times: 100) { _ in
      let scene = try MicroLedger()
      return { times in
        for number in 0..<times { try await scene.admit(number) }
        return times
      }
    },
    Workload(name: "claim and record 16", times: 10) { times in
      let scene = try MicroLedger()
      for number in 0..<16 * times { try await scene.admit(number) }
      return { times in
        var recorded = 0
        for _ in 0..<times { recorded += try await scene.send(16) }
        return recorded
      }
    },
  ]
}

/// A ledger of its own.
private final class MicroLedger: Sendable {
  private let ledger: SQLiteLedger
  private let directory: TemporaryDirectory
  private let now = Timestamp(microseconds: 1_800_000_000_000_000)

  init() throws {
    directory = try TemporaryDirectory()
    ledger = try SQLiteLedger.open(path: directory.appending("escrow.db"))
  }

  deinit { try? directory.remove() }

  /// Ten instances a study.
  func admit(_ number: Int) async throws {
    let study = "1.2.826.0.1.3680043.10.995.\(number / 10)"
    let delivery = PlannedDelivery(to: "archive", proof: .commitment, routes: ["all"])
    let admission = Admission(
      id: .new(at: now + .milliseconds(number)),
      sop: SOPInstance(
        classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: UID("1.2.826.0.1.3680043.10.994.\(number)")),
      transferSyntax: "1.2.840.10008.1.2.1",
      attributes: InstanceAttributes(
        patientID: "P\(number / 20)", accessionNumber: "A\(number / 10)", studyInstanceUID: UID(study),
        seriesInstanceUID: UID("\(study).1"), modality: "CT", studyDate: "20260101"),
      source: Source(callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.1", peer: "ct1", association: "a1"),
      receivedAt: now + .milliseconds(number), dataSetLength: 525_000, digest: Digest(high: UInt64(number), low: 7),
      plan: RoutingPlan(deliveries: [delivery], retention: .after(.hours(1)), routes: ["all"]))
    _ = try await ledger.admit(admission, now: admission.receivedAt)
  }

  /// Claims and records so many; returns how many there were.
  func send(_ count: Int) async throws -> Int {
    let claims = try await ledger.claim(
      "archive", limit: count, lease: MonotonicTime(nanoseconds: .max), now: now
    ).claims
    try await ledger.record(
      claims.map { AttemptOutcome(key: $0.key, result: .stored(discardedElements: false), startedAt: now) }, now: now)
    return claims.count
  }
}
