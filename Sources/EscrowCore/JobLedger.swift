package import DICOM

/// The part of a ledger that keeps jobs, and with them what peers asked and were told.
///
/// As with ``Ledger``, every verb is one transaction that is durable when it returns.
package protocol JobLedger: Sendable {
  /// Takes a peer's request for storage commitment, unless it has `limit` open. When this returns, success may be
  /// answered.
  func inquire(_ inquiry: CommitmentInquiry, limit: Int, now: Timestamp) async throws -> InquiryAnswer

  /// Does for an inquiry what can be done on record: looks at up to `limit` references that were not looked at or of
  /// which something changed, and ends those that are out of time. Nil when there is nothing to do for it.
  func advanceInquiry(_ job: JobID, limit: Int, now: Timestamp) async throws -> InquiryProgress?

  /// Up to `limit` undecided references from `position` on, for who decides elsewhere.
  func openReferences(_ job: JobID, from position: Int, limit: Int) async throws -> [OpenReference]

  /// Decides references that are not decided yet; pins what is to be pinned.
  func decide(_ decisions: [ReferenceDecision], of job: JobID, now: Timestamp) async throws

  /// The answer to an inquiry of which everything is decided: from now on it does not change. Nil when it is not to
  /// be told now.
  func sealReport(_ job: JobID, now: Timestamp) async throws -> InquiryReport?

  /// Records how it ended to tell an answer. One that could not be told since before `givingUp` fails.
  func recordReporting(
    _ job: JobID, _ result: ReportingResult, givingUp: Timestamp, now: Timestamp
  ) async throws

  /// Answers for `peer` that are due now wait until `retryAt`; those that have been waiting since before `givingUp`
  /// fail. Returns since when the oldest has been waiting.
  func postponeReports(
    to peer: PeerName, message: String, retryAt: Timestamp, givingUp: Timestamp, now: Timestamp
  ) async throws -> Timestamp?

  /// Takes a wish to send instances to a peer.
  func submit(_ store: ModalityStore, now: Timestamp) async throws

  /// Does for such a wish what can be done on record: queues up to `limit` instances, counts what was sent, and asks
  /// for commitment at the end. Nil when there is nothing to do for it.
  func advanceStore(_ job: JobID, limit: Int, now: Timestamp) async throws -> StoreProgress?

  /// What is wished in a job that sends; nil for another one's.
  func store(_ job: JobID) async throws -> StoreRecord?

  /// Does what is wished to a job; nil when there is none, false when it cannot be done in its state.
  func change(_ job: JobID, _ verb: JobVerb, actor: String, now: Timestamp) async throws -> Bool?

  /// Takes a job that has ended from the list; what it did stays on record. As ``change(_:_:actor:now:)``.
  func deleteJob(_ job: JobID, actor: String, now: Timestamp) async throws -> Bool?

  /// Up to `limit` jobs in a stage that have something to do now, by priority, then age; only those of `peer` if given.
  func dueJobs(_ stage: JobStage, of peer: PeerName?, limit: Int, now: Timestamp) async throws -> [Job]

  /// The peers that jobs in a stage have something to do with now.
  func duePeers(_ stage: JobStage, now: Timestamp) async throws -> Set<PeerName>

  /// When the next job in one of these stages has something to do; nil when none will by itself.
  func nextDueJob(_ stages: Set<JobStage>) async throws -> Timestamp?

  func job(_ id: JobID) async throws -> Job?

  /// Jobs, the latest first.
  func jobs(_ filter: JobFilter, page: PageRequest) async throws -> Page<Job>

  /// What was asked in an inquiry's job; nil for another one's.
  func inquiry(_ job: JobID) async throws -> InquiryRecord?

  /// What was asked about a SOP Instance UID and answered, in the order of asking.
  func inquired(_ uid: UID) async throws -> [InquiredItem]
}

package struct JobFilter: Sendable, Equatable {
  package var kinds: Set<JobKind>?
  package var states: Set<JobState>?

  package init(kinds: Set<JobKind>? = nil, states: Set<JobState>? = nil) {
    self.kinds = kinds
    self.states = states
  }
}
