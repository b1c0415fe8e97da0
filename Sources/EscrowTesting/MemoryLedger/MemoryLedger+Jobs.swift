package import DICOM
package import EscrowCore

/// The verbs and queries of ``JobLedger``, which says what they mean.
extension MemoryLedger {
  package func inquire(_ inquiry: CommitmentInquiry, limit: Int, now: Timestamp) async throws -> InquiryAnswer {
    try perform { $0.inquire(inquiry, limit: limit, now: now) }
  }

  package func advanceInquiry(_ job: JobID, limit: Int, now: Timestamp) async throws -> InquiryProgress? {
    try perform { $0.advanceInquiry(job, limit: limit, now: now) }
  }

  package func openReferences(_ job: JobID, from position: Int, limit: Int) async throws -> [OpenReference] {
    read { $0.openReferences(job, from: position, limit: limit) }
  }

  package func decide(_ decisions: [ReferenceDecision], of job: JobID, now: Timestamp) async throws {
    try perform { $0.decide(decisions, of: job, now: now) }
  }

  package func sealReport(_ job: JobID, now: Timestamp) async throws -> InquiryReport? {
    try perform { $0.sealReport(job, now: now) }
  }

  package func recordReporting(
    _ job: JobID, _ result: ReportingResult, givingUp: Timestamp, now: Timestamp
  ) async throws {
    try perform { $0.recordReporting(job, result, givingUp: givingUp, now: now) }
  }

  package func postponeReports(
    to peer: PeerName, message: String, retryAt: Timestamp, givingUp: Timestamp, now: Timestamp
  ) async throws -> Timestamp? {
    try perform { $0.postponeReports(to: peer, message: message, retryAt: retryAt, givingUp: givingUp, now: now) }
  }

  package func submit(_ store: ModalityStore, now: Timestamp) async throws {
    try perform { $0.submit(store, now: now) }
  }

  package func advanceStore(_ job: JobID, limit: Int, now: Timestamp) async throws -> StoreProgress? {
    try perform { $0.advanceStore(job, limit: limit, now: now) }
  }

  package func store(_ job: JobID) async throws -> StoreRecord? { read { $0.store(job) } }

  package func change(_ job: JobID, _ verb: JobVerb, actor: String, now: Timestamp) async throws -> Bool? {
    try perform { $0.change(job, verb, actor: actor, now: now) }
  }

  package func deleteJob(_ job: JobID, actor: String, now: Timestamp) async throws -> Bool? {
    try perform { $0.deleteJob(job, actor: actor, now: now) }
  }

  package func dueJobs(_ stage: JobStage, of peer: PeerName?, limit: Int, now: Timestamp) async throws -> [Job] {
    read { $0.dueJobs(stage, of: peer, limit: limit, now: now) }
  }

  package func duePeers(_ stage: JobStage, now: Timestamp) async throws -> Set<PeerName> {
    read { $0.duePeers(stage, now: now) }
  }

  package func nextDueJob(_ stages: Set<JobStage>) async throws -> Timestamp? {
    read { $0.nextDueJob(stages) }
  }

  package func job(_ id: JobID) async throws -> Job? { read { $0.job(id) } }

  package func jobs(_ filter: JobFilter, page: PageRequest) async throws -> Page<Job> {
    try read { try $0.jobs(filter, page: page) }
  }

  package func inquiry(_ job: JobID) async throws -> InquiryRecord? { read { $0.inquiry(job) } }

  package func inquired(_ uid: UID) async throws -> [InquiredItem] { read { $0.inquired(uid) } }
}
