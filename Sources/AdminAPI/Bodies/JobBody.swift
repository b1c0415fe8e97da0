import DICOM
import EscrowCore

/// A job, as `GET /api/v1/jobs` lists it.
package struct JobBody: Codable, Sendable {
  package var id: String
  /// `StorageCommitmentScp`: a peer's request for commitment; `DicomModalityStore`: instances sent by the API.
  package var kind: String
  /// `Pending`, `Running`, `Retry`, `Paused`, `Success` or `Failure`.
  package var state: String
  package var peer: String
  package var priority: Int
  package var createdAt: String
  @OrNull package var completedAt: String?
  /// When there is something to do for it.
  @OrNull package var nextAt: String?
  /// References or instances, and how many of them are decided or sent.
  package var total: Int
  package var done: Int
  /// How many of them failed.
  package var failed: Int
  package var tries: Int
  @OrNull package var error: String?
  @OrNull package var transactionUID: String?
  /// When the peer had the answer.
  @OrNull package var reportedAt: String?

  init(_ job: Job, inquiry: InquiryRecord?, store: StoreRecord?) {
    id = job.id.rawValue
    kind = job.kind.rawValue
    state = job.state.rawValue
    peer = job.peer.rawValue
    priority = job.priority
    createdAt = job.createdAt.rfc3339
    completedAt = job.completedAt?.rfc3339
    // What is due at once has no time of its own.
    nextAt = job.nextAt.flatMap { $0 > job.createdAt ? $0.rfc3339 : nil }
    total = job.total
    done = job.done
    failed = inquiry?.failed ?? store?.failed ?? 0
    tries = job.tries
    error = job.failure?.text
    transactionUID = (inquiry?.transactionUID ?? store?.transactionUID)?.rawValue
    reportedAt = inquiry?.reportedAt?.rfc3339
  }
}

/// What one peer asked about an instance and was told, in a trace.
package struct InquiredBody: Codable, Sendable {
  package var job: String
  package var transactionUID: String
  package var askedBy: String
  package var askedAt: String
  /// `committed`, `failed` or null while undecided.
  @OrNull package var result: String?
  /// The Failure Reason (0008,1197), e.g. `0112H`.
  @OrNull package var reason: String?
  /// When the peer had the answer.
  @OrNull package var reportedAt: String?

  init(_ item: InquiredItem) {
    job = item.job.rawValue
    transactionUID = item.transactionUID.rawValue
    askedBy = item.askedBy.rawValue
    askedAt = item.askedAt.rfc3339
    result = item.committed.map { $0 ? "committed" : "failed" }
    reason = item.reasonCode.map { hexadecimal($0) }
    reportedAt = item.reportedAt?.rfc3339
  }
}
