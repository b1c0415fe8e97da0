import DICOM
import EscrowCore

/// What is left of a study when the records of its instances are gone; as everywhere, without what names the patient.
package struct StudySummaryBody: Codable, Sendable {
  /// The study, or the instance whose study is not known.
  package var uid: String
  package var isStudy: Bool
  /// As received, normally `YYYYMMDD`.
  @OrNull package var studyDate: String?
  package var modalities: [String]
  /// Who sent it.
  package var callingAEs: [String]
  package var firstArrival: String
  package var lastArrival: String
  /// Instances whose records are gone; those of ``TraceBody/instances`` are not among them.
  package var instances: Int
  package var bytes: Int64
  /// Copies that went because they were safe elsewhere.
  package var purged: Int
  /// Copies that an administrator discarded.
  package var discarded: Int
  /// When the first and the last copy went.
  package var firstGone: String
  package var lastGone: String
  package var destinations: [Destination]

  /// What became of it at one destination.
  package struct Destination: Codable, Sendable {
    package var to: String
    package var delivered: Int
    package var failed: Int
    /// Deliveries that were cancelled, waived or made by another.
    package var others: Int
    /// Deliveries to which the destination committed.
    package var committed: Int
    @OrNull package var lastCommitment: Commitment?

    init(_ destination: StudySummary.Destination) {
      to = destination.name.rawValue
      delivered = destination.delivered
      failed = destination.failed
      others = destination.others
      committed = destination.committed
      lastCommitment = destination.lastCommitment.map { Commitment($0) }
    }
  }

  /// The latest report that said that instances are safe.
  package struct Commitment: Codable, Sendable {
    package var transactionUID: String
    package var reportedBy: String
    package var at: String

    init(_ commitment: StudySummary.Commitment) {
      transactionUID = commitment.transactionUID.rawValue
      reportedBy = commitment.reportedBy
      at = commitment.at.rfc3339
    }
  }

  init(_ summary: StudySummary) {
    uid = summary.key.rawValue
    isStudy = summary.isStudy
    modalities = summary.modalities
    callingAEs = summary.callingAEs
    firstArrival = summary.firstArrival.rfc3339
    lastArrival = summary.lastArrival.rfc3339
    instances = summary.instances
    bytes = summary.bytes
    purged = summary.purged
    discarded = summary.discarded
    firstGone = summary.firstGone.rfc3339
    lastGone = summary.lastGone.rfc3339
    destinations = summary.destinations.map { Destination($0) }
    studyDate = summary.studyDate
  }
}
