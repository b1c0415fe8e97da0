package import DICOM
package import EscrowCore

/// The verbs of ``Ledger``, which says what they mean.
extension MemoryLedger {
  package func admit(_ admission: Admission, now: Timestamp) async throws -> AdmissionResult {
    try perform { $0.admit(admission, now: now) }
  }

  package func claim(
    _ destination: PeerName, limit: Int, lease: MonotonicTime, now: Timestamp
  ) async throws -> ClaimBatch {
    try perform { $0.claim(destination, limit: limit, lease: lease, now: now) }
  }

  package func replace(at destination: PeerName, limit: Int, now: Timestamp) async throws -> Int {
    try perform { $0.replace(at: destination, limit: limit, now: now) }
  }

  package func renew(_ claims: [ClaimKey], lease: MonotonicTime) async throws {
    try perform { $0.renew(claims, lease: lease) }
  }

  package func expireClaims(at moment: MonotonicTime, now: Timestamp) async throws -> Int {
    try perform { $0.expireClaims(at: moment, now: now) }
  }

  package func putBackWaits(by step: Duration, now: Timestamp) async throws {
    try perform { $0.putBackWaits(by: step, now: now) }
  }

  package func record(_ outcomes: [AttemptOutcome], now: Timestamp) async throws {
    try perform { $0.record(outcomes, now: now) }
  }

  package func openTransaction(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, now: Timestamp
  ) async throws -> TransactionOpening {
    try perform { try $0.openTransaction(uid, to: destination, policy: policy, now: now) }
  }

  package func openTransaction(
    _ uid: UID, to destination: PeerName, references: [SOPInstance], asking: CommitmentPolicy?, actor: String,
    now: Timestamp
  ) async throws {
    try perform {
      try $0.openTransaction(uid, to: destination, references: references, asking: asking, actor: actor, now: now)
    }
  }

  package func nextManualRequest(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, givingUp: Timestamp, now: Timestamp
  ) async throws -> TransactionOpening {
    try perform { try $0.nextManualRequest(uid, to: destination, policy: policy, givingUp: givingUp, now: now) }
  }

  package func forget(_ term: RecordTerm, from position: RecordPosition, limit: Int) async throws -> ForgettingStep {
    try perform { $0.forget(term, from: position, limit: limit) }
  }

  package func items(ofTransaction uid: UID) async throws -> [TransactionItem]? {
    read { $0.items(ofTransaction: uid) }
  }

  package func recordRequest(_ uid: UID, answer: RequestAnswer, now: Timestamp) async throws {
    try perform { $0.recordRequest(uid, answer: answer, now: now) }
  }

  package func applyReport(
    _ report: CommitmentReport, from reporters: Set<PeerName>, policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) async throws -> ReportResult {
    try perform { $0.applyReport(report, from: reporters, policies: policies, now: now) }
  }

  package func expireReports(
    policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) async throws -> [PeerName: Int] {
    try perform { $0.expireReports(policies: policies, now: now) }
  }

  package func queriesDue(
    at destination: PeerName, policy: QueryPolicy, limit: Int, now: Timestamp
  ) async throws -> QueryTurn {
    read { $0.queriesDue(at: destination, policy: policy, limit: limit, now: now) }
  }

  package func recordQueries(
    _ results: [QueryResult], at destination: PeerName, policy: QueryPolicy, now: Timestamp
  ) async throws -> Int {
    try perform { $0.recordQueries(results, at: destination, policy: policy, now: now) }
  }

  package func reviewQueries(policies: [PeerName: QueryPolicy], now: Timestamp) async throws {
    try perform { $0.reviewQueries(policies: policies, now: now) }
  }

  package func beginPurge(limit: Int, now: Timestamp) async throws -> [PurgeTicket] {
    try perform { $0.beginPurge(limit: limit, now: now) }
  }

  package func finishPurge(_ instances: [InstanceID], now: Timestamp) async throws {
    try perform { $0.finishPurge(instances, now: now) }
  }

  package func markDamaged(
    _ instance: InstanceID, file: InstanceID, reason: String, now: Timestamp
  ) async throws {
    try perform { $0.markDamaged(instance, file: file, reason: reason, now: now) }
  }

  package func recordMissingFile(_ instance: InstanceID, reason: String, now: Timestamp) async throws {
    try perform { $0.recordMissingFile(instance, reason: reason, now: now) }
  }

  package func change(
    _ filter: DeliveryFilter, _ verb: DeliveryVerb, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<DeliveryID> {
    try perform { try $0.change(filter, verb, by: order, now: now) }
  }

  package func change(
    _ filter: InstanceFilter, _ verb: InstanceVerb, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<InstanceID> {
    try perform { try $0.change(filter, verb, by: order, now: now) }
  }

  package func reroute(
    _ instance: InstanceID, plan: RoutingPlan, by order: BulkOrder, now: Timestamp
  ) async throws -> String? {
    try perform { $0.reroute(instance, plan: plan, by: order, now: now) }
  }

  package func advanceStudies(quiet: Duration, now: Timestamp) async throws -> Timestamp? {
    try perform { $0.advanceStudies(quiet: quiet, now: now) }
  }

  package func raise(_ alarm: Alarm, event: EscrowEvent?) async throws {
    try perform { _ = $0.raise(alarm, event: event) }
  }

  package func clear(_ kind: AlarmKind, subject: String, event: EscrowEvent?) async throws {
    try perform { $0.clear(kind, subject: subject, event: event) }
  }

  package func tell(_ event: EscrowEvent) async throws { try perform { $0.tell(event) } }

  package func recover(now: Timestamp) async throws -> [PurgeTicket] { try perform { $0.recover(now: now) } }
}
