package import DICOM
package import EscrowCore

/// A ledger that is another one but for what it does itself.
package protocol ForwardingLedger: Ledger {
  var ledger: any Ledger { get }
}

extension ForwardingLedger {
  package func admit(_ admission: Admission, now: Timestamp) async throws -> AdmissionResult {
    try await ledger.admit(admission, now: now)
  }

  package func forget(_ term: RecordTerm, from position: RecordPosition, limit: Int) async throws -> ForgettingStep {
    try await ledger.forget(term, from: position, limit: limit)
  }

  package func claim(
    _ destination: PeerName, limit: Int, lease: MonotonicTime, now: Timestamp
  ) async throws -> ClaimBatch {
    try await ledger.claim(destination, limit: limit, lease: lease, now: now)
  }

  package func replace(at destination: PeerName, limit: Int, now: Timestamp) async throws -> Int {
    try await ledger.replace(at: destination, limit: limit, now: now)
  }

  package func renew(_ claims: [ClaimKey], lease: MonotonicTime) async throws {
    try await ledger.renew(claims, lease: lease)
  }

  package func expireClaims(at moment: MonotonicTime, now: Timestamp) async throws -> Int {
    try await ledger.expireClaims(at: moment, now: now)
  }

  package func putBackWaits(by step: Duration, now: Timestamp) async throws {
    try await ledger.putBackWaits(by: step, now: now)
  }

  package func record(_ outcomes: [AttemptOutcome], now: Timestamp) async throws {
    try await ledger.record(outcomes, now: now)
  }

  package func openTransaction(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, now: Timestamp
  ) async throws -> TransactionOpening {
    try await ledger.openTransaction(uid, to: destination, policy: policy, now: now)
  }

  package func openTransaction(
    _ uid: UID, to destination: PeerName, references: [SOPInstance], asking: CommitmentPolicy?, actor: String,
    now: Timestamp
  ) async throws {
    try await ledger.openTransaction(
      uid, to: destination, references: references, asking: asking, actor: actor, now: now)
  }

  package func nextManualRequest(
    _ uid: UID, to destination: PeerName, policy: CommitmentPolicy, givingUp: Timestamp, now: Timestamp
  ) async throws -> TransactionOpening {
    try await ledger.nextManualRequest(uid, to: destination, policy: policy, givingUp: givingUp, now: now)
  }

  package func items(ofTransaction uid: UID) async throws -> [TransactionItem]? {
    try await ledger.items(ofTransaction: uid)
  }

  package func recordRequest(_ uid: UID, answer: RequestAnswer, now: Timestamp) async throws {
    try await ledger.recordRequest(uid, answer: answer, now: now)
  }

  package func applyReport(
    _ report: CommitmentReport, from reporters: Set<PeerName>, policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) async throws -> ReportResult {
    try await ledger.applyReport(report, from: reporters, policies: policies, now: now)
  }

  package func expireReports(policies: [PeerName: CommitmentPolicy], now: Timestamp) async throws -> [PeerName: Int] {
    try await ledger.expireReports(policies: policies, now: now)
  }

  package func queriesDue(
    at destination: PeerName, policy: QueryPolicy, limit: Int, now: Timestamp
  ) async throws -> QueryTurn {
    try await ledger.queriesDue(at: destination, policy: policy, limit: limit, now: now)
  }

  package func recordQueries(
    _ results: [QueryResult], at destination: PeerName, policy: QueryPolicy, now: Timestamp
  ) async throws -> Int {
    try await ledger.recordQueries(results, at: destination, policy: policy, now: now)
  }

  package func reviewQueries(policies: [PeerName: QueryPolicy], now: Timestamp) async throws {
    try await ledger.reviewQueries(policies: policies, now: now)
  }

  package func beginPurge(limit: Int, now: Timestamp) async throws -> [PurgeTicket] {
    try await ledger.beginPurge(limit: limit, now: now)
  }

  package func finishPurge(_ instances: [InstanceID], now: Timestamp) async throws {
    try await ledger.finishPurge(instances, now: now)
  }

  package func markDamaged(_ instance: InstanceID, file: InstanceID, reason: String, now: Timestamp) async throws {
    try await ledger.markDamaged(instance, file: file, reason: reason, now: now)
  }

  package func recordMissingFile(_ instance: InstanceID, reason: String, now: Timestamp) async throws {
    try await ledger.recordMissingFile(instance, reason: reason, now: now)
  }

  package func change(
    _ filter: DeliveryFilter, _ verb: DeliveryVerb, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<DeliveryID> {
    try await ledger.change(filter, verb, by: order, now: now)
  }

  package func change(
    _ filter: InstanceFilter, _ verb: InstanceVerb, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<InstanceID> {
    try await ledger.change(filter, verb, by: order, now: now)
  }

  package func reroute(
    _ instance: InstanceID, plan: RoutingPlan, by order: BulkOrder, now: Timestamp
  ) async throws -> String? {
    try await ledger.reroute(instance, plan: plan, by: order, now: now)
  }

  package func advanceStudies(quiet: Duration, now: Timestamp) async throws -> Timestamp? {
    try await ledger.advanceStudies(quiet: quiet, now: now)
  }

  package func raise(_ alarm: Alarm, event: EscrowEvent?) async throws {
    try await ledger.raise(alarm, event: event)
  }

  package func clear(_ kind: AlarmKind, subject: String, event: EscrowEvent?) async throws {
    try await ledger.clear(kind, subject: subject, event: event)
  }

  package func tell(_ event: EscrowEvent) async throws {
    try await ledger.tell(event)
  }

  package func recover(now: Timestamp) async throws -> [PurgeTicket] {
    try await ledger.recover(now: now)
  }

  package func status() async throws -> LedgerStatus {
    try await ledger.status()
  }

  package func instance(_ id: InstanceID) async throws -> Instance? {
    try await ledger.instance(id)
  }

  package func instances(_ filter: InstanceFilter, page: PageRequest) async throws -> Page<InstanceRecord> {
    try await ledger.instances(filter, page: page)
  }

  package func deliveries(_ filter: DeliveryFilter, page: PageRequest) async throws -> Page<DeliveryRecord> {
    try await ledger.deliveries(filter, page: page)
  }

  package func count(_ filter: DeliveryFilter) async throws -> Int {
    try await ledger.count(filter)
  }

  package func trace(_ uid: UID) async throws -> Trace {
    try await ledger.trace(uid)
  }

  package func transactions(_ filter: TransactionFilter, page: PageRequest) async throws -> Page<TransactionRecord> {
    try await ledger.transactions(filter, page: page)
  }

  package func transaction(_ uid: UID) async throws -> TransactionRecord? {
    try await ledger.transaction(uid)
  }

  package func alarms(of kinds: Set<AlarmKind>, limit: Int) async throws -> [Alarm] {
    try await ledger.alarms(of: kinds, limit: limit)
  }

  package func events(after sequence: Int64, limit: Int) async throws -> [RecordedEvent] {
    try await ledger.events(after: sequence, limit: limit)
  }

  package func lastEvent() async throws -> Int64 {
    try await ledger.lastEvent()
  }

  package func endpoints() async throws -> [EndpointStatus] {
    try await ledger.endpoints()
  }

  package func webhookLog(_ endpoint: String, page: PageRequest) async throws -> Page<WebhookLogEntry> {
    try await ledger.webhookLog(endpoint, page: page)
  }

  package func sources() async throws -> [SourceRecord] { try await ledger.sources() }

  package func openDestinations() async throws -> Set<PeerName> {
    try await ledger.openDestinations()
  }

  package func instances(after id: InstanceID, limit: Int) async throws -> [InstanceRecord] {
    try await ledger.instances(after: id, limit: limit)
  }

  package func files(after file: InstanceID?, ending: String, limit: Int) async throws -> [ExpectedFile] {
    try await ledger.files(after: file, ending: ending, limit: limit)
  }

  package func subscribe(_ endpoints: [EndpointSubscription], now: Timestamp) async throws {
    try await ledger.subscribe(endpoints, now: now)
  }

  package func dueWebhooks(_ endpoint: String, limit: Int, now: Timestamp) async throws -> WebhookBatch {
    try await ledger.dueWebhooks(endpoint, limit: limit, now: now)
  }

  package func recordWebhooks(_ tries: [WebhookTry], now: Timestamp) async throws {
    try await ledger.recordWebhooks(tries, now: now)
  }

  package func replayWebhooks(_ endpoint: String, messageIDs: Set<String>?, now: Timestamp) async throws -> Int {
    try await ledger.replayWebhooks(endpoint, messageIDs: messageIDs, now: now)
  }

  package func setEndpoint(_ endpoint: String, disabled reason: String?, now: Timestamp) async throws {
    try await ledger.setEndpoint(endpoint, disabled: reason, now: now)
  }
}

extension ForwardingLedger {
  package func inquire(_ inquiry: CommitmentInquiry, limit: Int, now: Timestamp) async throws -> InquiryAnswer {
    try await ledger.inquire(inquiry, limit: limit, now: now)
  }

  package func advanceInquiry(_ job: JobID, limit: Int, now: Timestamp) async throws -> InquiryProgress? {
    try await ledger.advanceInquiry(job, limit: limit, now: now)
  }

  package func openReferences(_ job: JobID, from position: Int, limit: Int) async throws -> [OpenReference] {
    try await ledger.openReferences(job, from: position, limit: limit)
  }

  package func decide(_ decisions: [ReferenceDecision], of job: JobID, now: Timestamp) async throws {
    try await ledger.decide(decisions, of: job, now: now)
  }

  package func sealReport(_ job: JobID, now: Timestamp) async throws -> InquiryReport? {
    try await ledger.sealReport(job, now: now)
  }

  package func recordReporting(
    _ job: JobID, _ result: ReportingResult, givingUp: Timestamp, now: Timestamp
  ) async throws {
    try await ledger.recordReporting(job, result, givingUp: givingUp, now: now)
  }

  package func postponeReports(
    to peer: PeerName, message: String, retryAt: Timestamp, givingUp: Timestamp, now: Timestamp
  ) async throws -> Timestamp? {
    try await ledger.postponeReports(to: peer, message: message, retryAt: retryAt, givingUp: givingUp, now: now)
  }

  package func submit(_ store: ModalityStore, now: Timestamp) async throws {
    try await ledger.submit(store, now: now)
  }

  package func advanceStore(_ job: JobID, limit: Int, now: Timestamp) async throws -> StoreProgress? {
    try await ledger.advanceStore(job, limit: limit, now: now)
  }

  package func store(_ job: JobID) async throws -> StoreRecord? { try await ledger.store(job) }

  package func change(_ job: JobID, _ verb: JobVerb, actor: String, now: Timestamp) async throws -> Bool? {
    try await ledger.change(job, verb, actor: actor, now: now)
  }

  package func deleteJob(_ job: JobID, actor: String, now: Timestamp) async throws -> Bool? {
    try await ledger.deleteJob(job, actor: actor, now: now)
  }

  package func dueJobs(_ stage: JobStage, of peer: PeerName?, limit: Int, now: Timestamp) async throws -> [Job] {
    try await ledger.dueJobs(stage, of: peer, limit: limit, now: now)
  }

  package func duePeers(_ stage: JobStage, now: Timestamp) async throws -> Set<PeerName> {
    try await ledger.duePeers(stage, now: now)
  }

  package func nextDueJob(_ stages: Set<JobStage>) async throws -> Timestamp? {
    try await ledger.nextDueJob(stages)
  }

  package func job(_ id: JobID) async throws -> Job? { try await ledger.job(id) }

  package func jobs(_ filter: JobFilter, page: PageRequest) async throws -> Page<Job> {
    try await ledger.jobs(filter, page: page)
  }

  package func inquiry(_ job: JobID) async throws -> InquiryRecord? { try await ledger.inquiry(job) }

  package func inquired(_ uid: UID) async throws -> [InquiredItem] { try await ledger.inquired(uid) }
}

extension ForwardingLedger {
  package func resources(
    _ level: ResourceLevel, in parent: Resource?, offset: Int, limit: Int
  ) async throws -> [ResourceID] {
    try await ledger.resources(level, in: parent, offset: offset, limit: limit)
  }

  package func instances(of resource: Resource) async throws -> [Instance] { try await ledger.instances(of: resource) }

  package func countResources() async throws -> ResourceCounts { try await ledger.countResources() }

  package func lookup(_ text: String) async throws -> [Resource] { try await ledger.lookup(text) }

  package func remove(
    _ instances: [InstanceID], provedBy transaction: UID?, actor: String, now: Timestamp
  ) async throws -> [InstanceID: String] {
    try await ledger.remove(instances, provedBy: transaction, actor: actor, now: now)
  }
}

extension ForwardingLedger {
  package func keep(_ modality: NamedModality, actor: String, now: Timestamp) async throws {
    try await ledger.keep(modality, actor: actor, now: now)
  }

  package func forgetModality(_ name: PeerName, actor: String, now: Timestamp) async throws -> Bool {
    try await ledger.forgetModality(name, actor: actor, now: now)
  }

  package func hasRouted(to name: PeerName) async throws -> Bool { try await ledger.hasRouted(to: name) }
  package func modalities() async throws -> [NamedModality] { try await ledger.modalities() }

  package func recordUnlisted(_ attempts: [UnlistedSender], now: Timestamp) async throws {
    try await ledger.recordUnlisted(attempts, now: now)
  }

  package func unlistedSenders() async throws -> [UnlistedSender] { try await ledger.unlistedSenders() }
}

extension ForwardingLedger {
  package func begin(_ hold: LegalHold) async throws -> Int? { try await ledger.begin(hold) }

  package func endLegalHold(
    _ subject: LegalHold.Subject, by order: BulkOrder, now: Timestamp
  ) async throws -> Int? {
    try await ledger.endLegalHold(subject, by: order, now: now)
  }

  package func legalHolds() async throws -> [LegalHoldRecord] { try await ledger.legalHolds() }

  package func repoint(
    _ filter: DeliveryFilter, to target: RepointTarget, by order: BulkOrder, now: Timestamp
  ) async throws -> BulkResult<DeliveryID> {
    try await ledger.repoint(filter, to: target, by: order, now: now)
  }

  package func openProofs(at destination: PeerName) async throws -> Set<Proof> {
    try await ledger.openProofs(at: destination)
  }

  package func waiting(for destination: PeerName, limit: Int) async throws -> WaitingStudies {
    try await ledger.waiting(for: destination, limit: limit)
  }

  package func tallies(from start: Timestamp, to end: Timestamp, of peer: PeerName?) async throws -> [SourceTally] {
    try await ledger.tallies(from: start, to: end, of: peer)
  }

  package func missing(
    askedFrom start: Timestamp, to end: Timestamp, by peer: PeerName?, limit: Int
  ) async throws -> [MissingInstance] {
    try await ledger.missing(askedFrom: start, to: end, by: peer, limit: limit)
  }

  package func space(studies limit: Int, examining examined: Int) async throws -> SpaceOverview {
    try await ledger.space(studies: limit, examining: examined)
  }
}
