import DICOM
import EscrowCore

/// A ledger with the shorthand that cases are written in. Instances are named by numbers; times are seconds.
struct Scene: Sendable {
  let ledger: any Ledger

  static let study = UID("1.2.826.7")
  static let otherStudy = UID("1.2.826.8")
  static let ct = UID("1.2.840.10008.5.1.4.1.1.2")
  static let mr = UID("1.2.840.10008.5.1.4.1.1.4")
  static let policy = CommitmentPolicy()
  static let lease = MonotonicTime(nanoseconds: 1_000_000_000_000)

  /// Takes instance `number`, whose SOP Instance UID and content are its own unless said otherwise.
  @discardableResult
  func admit(
    _ number: Int, sop: Int? = nil, content: Int? = nil, study: UID? = Scene.study, from peer: PeerName? = "ct1",
    to planned: [PlannedDelivery] = [.commitment("archive")], hold: String? = nil,
    retention: Retention = .after(.seconds(1000)), at seconds: Int = 0, changing: (inout Admission) -> Void = { _ in }
  ) async throws -> AdmissionResult {
    var admission = Admission(
      id: .number(number), sop: .number(sop ?? number), transferSyntax: "1.2.840.10008.1.2.1",
      attributes: InstanceAttributes(
        patientID: "P\(number)", accessionNumber: "A1", studyInstanceUID: study, seriesInstanceUID: "1.2.826.7.1",
        modality: "CT", studyDate: "20261124"),
      source: Source(callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: peer, association: "a1"),
      receivedAt: .at(seconds), dataSetLength: 1000, digest: Digest(high: 1, low: UInt64(content ?? sop ?? number)),
      plan: RoutingPlan(
        deliveries: planned, hold: hold ?? (planned.isEmpty ? "no route took it" : nil), retention: retention))
    changing(&admission)
    return try await ledger.admit(admission, now: .at(seconds))
  }

  func instance(_ number: Int, file: StaticString = #fileID, line: UInt = #line) async throws -> Instance {
    try require(try await ledger.instance(.number(number)), "instance \(number)", file: file, line: line)
  }

  /// The delivery of instance `number` to `destination`.
  func delivery(
    _ number: Int, to destination: PeerName = "archive", file: StaticString = #fileID, line: UInt = #line
  ) async throws -> Delivery {
    let filter = DeliveryFilter(destinations: [destination], instance: .number(number))
    let found = try await ledger.deliveries(filter, page: PageRequest()).items.first?.delivery
    return try require(found, "delivery of \(number) to \(destination)", file: file, line: line)
  }

  func claim(
    _ destination: PeerName = "archive", limit: Int = 100, lease: MonotonicTime = Scene.lease, at seconds: Int
  ) async throws -> ClaimBatch {
    try await ledger.claim(destination, limit: limit, lease: lease, now: .at(seconds))
  }

  /// The numbers of the instances that were claimed, in order.
  func claimed(_ destination: PeerName = "archive", limit: Int = 100, at seconds: Int) async throws -> [Int] {
    try await claim(destination, limit: limit, at: seconds).claims.map(\.instance.number)
  }

  func record(
    _ claim: Claim, _ result: AttemptOutcome.Result, status: UInt16? = nil, message: String? = nil, at seconds: Int
  ) async throws {
    let outcome = AttemptOutcome(
      key: claim.key, result: result, startedAt: .at(seconds), association: "b1", status: status, message: message,
      transferSyntax: "1.2.840.10008.1.2")
    try await ledger.record([outcome], now: .at(seconds))
  }

  /// Sends all that is due.
  func send(_ destination: PeerName = "archive", discarding: Bool = false, at seconds: Int) async throws {
    for claim in try await claim(destination, at: seconds).claims {
      try await record(claim, .stored(discardedElements: discarding), status: 0, at: seconds)
    }
  }

  /// Opens transaction `number` for what is due.
  @discardableResult
  func ask(
    _ number: Int, _ destination: PeerName = "archive", policy: CommitmentPolicy = Scene.policy, at seconds: Int
  ) async throws -> TransactionOpening {
    try await ledger.openTransaction(.transaction(number), to: destination, policy: policy, now: .at(seconds))
  }

  @discardableResult
  func report(
    _ number: Int, committed: [Int] = [], failed: [Int] = [], reason: UInt16 = 0x0112,
    from reporters: Set<PeerName> = ["archive"], policy: CommitmentPolicy = Scene.policy, at seconds: Int
  ) async throws -> ReportResult {
    let report = CommitmentReport(
      transactionUID: .transaction(number), committed: committed.map(SOPInstance.number),
      failed: failed.map { FailedReference(sop: .number($0), reason: reason) }, reportedBy: "ARCHIVE@10.0.0.5")
    return try await ledger.applyReport(
      report, from: reporters, policies: ["archive": policy], now: .at(seconds))
  }

  /// Sends, asks in transaction 1, and reports success for instances `1...count`.
  func deliver(_ count: Int = 1, at seconds: Int = 10) async throws {
    try await send(at: seconds)
    try await ask(1, at: seconds + 5)
    try await report(1, committed: Array(1...count), at: seconds + 10)
  }
}
