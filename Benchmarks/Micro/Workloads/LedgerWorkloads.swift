import DICOM
import EscrowCore
import EscrowTesting
import LedgerSQLite

extension Workload {
  /// What the ledger does for each instance or some; each is a commit or two.
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
    Workload(name: "ask for 10 and apply the report", times: 10) { times in
      let scene = try MicroLedger()
      for number in 0..<10 * times { try await scene.admit(number) }
      while try await scene.send(100) > 0 {}
      return { times in
        var committed = 0
        for number in 0..<times { committed += try await scene.ask(number) }
        return committed
      }
    },
    Workload(name: "begin and finish a purge of 4", times: 10) { times in
      let scene = try MicroLedger()
      for number in 0..<4 * times { try await scene.admit(number) }
      while try await scene.send(100) > 0 {}
      for number in 0..<times { _ = try await scene.ask(number) }
      return { times in
        var purged = 0
        for _ in 0..<times { purged += try await scene.purge(4) }
        return purged
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

  /// Asks for commitment of one study, which is given; returns for how many instances.
  func ask(_ number: Int) async throws -> Int {
    let policy = CommitmentPolicy(quiet: .zero)
    let opening = try await ledger.openTransaction(
      UID("2.25.\(number + 1)"), to: "archive", policy: policy, now: now + .minutes(1))
    guard case .opened(let transaction) = opening else { return 0 }
    let report = CommitmentReport(
      transactionUID: transaction.uid, committed: transaction.references, failed: [], reportedBy: "ARCHIVE@10.0.0.5")
    _ = try await ledger.applyReport(
      report, from: ["archive"], policies: ["archive": policy], now: now + .minutes(2))
    return transaction.references.count
  }

  /// Purges so many whose time has come; returns how many there were.
  func purge(_ count: Int) async throws -> Int {
    let begun = try await ledger.beginPurge(limit: count, now: now + .hours(48))
    try await ledger.finishPurge(begun.map(\.instance), now: now + .hours(48))
    return begun.count
  }
}
