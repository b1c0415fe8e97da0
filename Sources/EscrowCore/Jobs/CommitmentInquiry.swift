package import DICOM

/// A peer's question whether its instances are safe: an N-ACTION-RQ of storage commitment (PS3.4 §J.3.2) that was
/// received and is to be answered by an N-EVENT-REPORT.
package struct CommitmentInquiry: Sendable, Equatable {
  package var job: JobID
  package var transactionUID: UID
  package var callingAE: AETitle
  /// The AE title that was asked, as which the report is sent.
  package var calledAE: AETitle
  /// Where the request came from.
  package var address: String
  package var peer: PeerName
  /// In the order of the request, with duplicates.
  package var references: [SOPInstance]
  /// A digest of the references in their order: two requests with the same are the same.
  package var content: String
  package var terms: InquiryTerms

  package init(
    job: JobID, transactionUID: UID, callingAE: AETitle, calledAE: AETitle, address: String, peer: PeerName,
    references: [SOPInstance], content: String, terms: InquiryTerms
  ) {
    self.job = job
    self.transactionUID = transactionUID
    self.callingAE = callingAE
    self.calledAE = calledAE
    self.address = address
    self.peer = peer
    self.references = references
    self.content = content
    self.terms = terms
  }
}

/// By what rules an inquiry is answered: the peer's configuration when it asked.
package struct InquiryTerms: Sendable, Equatable {
  package var basis: Basis
  /// The weakest proof of a delivery that counts.
  package var proof: Proof
  /// Destinations that prove nothing to this peer: itself, ourselves, and those for which it reports.
  package var excluded: Set<PeerName>
  /// Whether it is told of instances that others sent.
  package var seesAll: Bool
  /// What is not decided then is answered as failed.
  package var answerBy: Timestamp
  /// Whether asking says that the study is complete.
  package var completes: Bool

  /// What decides whether an instance is committed.
  package enum Basis: String, Sendable, Codable, CaseIterable {
    /// What the destinations have committed to.
    case delivered
    /// Our own copy, read again; it stays for good.
    case spooled
    /// Somebody asked by HTTP.
    case hook
    /// Our own copy, because it is ourselves who ask: it proves nothing.
    case own
  }

  package init(
    basis: Basis = .delivered, proof: Proof = .commitment, excluded: Set<PeerName> = [], seesAll: Bool = false,
    answerBy: Timestamp, completes: Bool = false
  ) {
    self.basis = basis
    self.proof = proof
    self.excluded = excluded
    self.seesAll = seesAll
    self.answerBy = answerBy
    self.completes = completes
  }
}

/// What a ledger made of an inquiry.
package enum InquiryAnswer: Sendable, Equatable {
  /// It is on record: success may be answered.
  case opened(JobID)
  /// The same was asked before. If it was answered, the answer is told again.
  case repeated(JobID)
  /// The same peer used the Transaction UID for something else.
  case contradicts(JobID)
  /// The peer has this many requests open, which is too many.
  case tooMany(Int)
  /// We asked it ourselves, for a route, at what turned out to be ourselves: our own word would prove a delivery.
  case ownRequest
}

/// How far an inquiry is.
package struct InquiryProgress: Sendable, Equatable {
  package var job: JobID
  package var peer: PeerName
  package var basis: InquiryTerms.Basis
  /// References that are not decided yet.
  package var undecided: Int
  /// Whether some have not been looked at at all, or something about them changed.
  package var hasNews: Bool
  package var answerBy: Timestamp

  package init(
    job: JobID, peer: PeerName, basis: InquiryTerms.Basis, undecided: Int, hasNews: Bool, answerBy: Timestamp
  ) {
    self.job = job
    self.peer = peer
    self.basis = basis
    self.undecided = undecided
    self.hasNews = hasNews
    self.answerBy = answerBy
  }
}

/// A reference that is decided elsewhere than on record.
package struct OpenReference: Sendable, Equatable {
  /// Its place in the request, from 0.
  package var position: Int
  package var sop: SOPInstance
  /// The instance that decides, if any is known.
  package var instance: InstanceID?
  /// Whether the destinations have committed to it.
  package var isProved: Bool

  package init(position: Int, sop: SOPInstance, instance: InstanceID?, isProved: Bool) {
    self.position = position
    self.sop = sop
    self.instance = instance
    self.isProved = isProved
  }
}

/// What was decided about one reference.
package struct ReferenceDecision: Sendable, Equatable {
  package var position: Int
  /// The Failure Reason (PS3.3 §C.14.1.1); nil for committed.
  package var failure: UInt16?
  /// The instance whose copy stays for good because it was committed on its strength.
  package var pins: InstanceID?

  package init(position: Int, failure: UInt16?, pins: InstanceID? = nil) {
    self.position = position
    self.failure = failure
    self.pins = pins
  }
}

/// The answer to an inquiry, which does not change any more.
package struct InquiryReport: Sendable, Equatable {
  package var job: JobID
  package var transactionUID: UID
  package var peer: PeerName
  /// The AE title that asked.
  package var callingAE: AETitle
  /// The AE title that was asked.
  package var calledAE: AETitle
  package var committed: [SOPInstance]
  package var failed: [FailedReference]

  package init(
    job: JobID, transactionUID: UID, peer: PeerName, callingAE: AETitle, calledAE: AETitle, committed: [SOPInstance],
    failed: [FailedReference]
  ) {
    self.job = job
    self.transactionUID = transactionUID
    self.peer = peer
    self.callingAE = callingAE
    self.calledAE = calledAE
    self.committed = committed
    self.failed = failed
  }
}

/// How it ended to tell a peer the answer.
package enum ReportingResult: Sendable, Equatable {
  /// It said success; `status` as it came.
  case accepted(status: UInt16)
  /// It knows no such transaction: telling it again is of no use.
  case unwanted(status: UInt16, message: String)
  /// Another status, or none; again at `retryAt`.
  case failed(message: String, retryAt: Timestamp)
}

/// An inquiry as it stands.
package struct InquiryRecord: Sendable, Equatable {
  package var job: Job
  package var transactionUID: UID
  package var callingAE: AETitle
  package var calledAE: AETitle
  package var address: String
  package var terms: InquiryTerms
  /// How many of the decided references failed.
  package var failed: Int
  /// Since when the answer does not change any more.
  package var sealedAt: Timestamp?
  /// When the peer had the answer.
  package var reportedAt: Timestamp?
  /// With which status it answered.
  package var reportStatus: UInt16?

  package init(
    job: Job, transactionUID: UID, callingAE: AETitle, calledAE: AETitle, address: String, terms: InquiryTerms,
    failed: Int = 0, sealedAt: Timestamp? = nil, reportedAt: Timestamp? = nil, reportStatus: UInt16? = nil
  ) {
    self.job = job
    self.transactionUID = transactionUID
    self.callingAE = callingAE
    self.calledAE = calledAE
    self.address = address
    self.terms = terms
    self.failed = failed
    self.sealedAt = sealedAt
    self.reportedAt = reportedAt
    self.reportStatus = reportStatus
  }
}

/// What one inquiry says of one instance, for the trace.
package struct InquiredItem: Sendable, Equatable {
  package var job: JobID
  package var transactionUID: UID
  package var sop: SOPInstance
  package var askedBy: AETitle
  package var askedAt: Timestamp
  /// Nil while undecided.
  package var committed: Bool?
  package var reasonCode: UInt16?
  package var reportedAt: Timestamp?

  package init(
    job: JobID, transactionUID: UID, sop: SOPInstance, askedBy: AETitle, askedAt: Timestamp, committed: Bool?,
    reasonCode: UInt16?, reportedAt: Timestamp?
  ) {
    self.job = job
    self.transactionUID = transactionUID
    self.sop = sop
    self.askedBy = askedBy
    self.askedAt = askedAt
    self.committed = committed
    self.reasonCode = reasonCode
    self.reportedAt = reportedAt
  }
}
