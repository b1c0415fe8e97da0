package import DICOM

/// Which attempt of which delivery a claim is: outcomes count only while this is current.
package struct ClaimKey: Hashable, Sendable {
  package var delivery: DeliveryID
  /// 1 for the first attempt.
  package var attempt: Int

  package init(delivery: DeliveryID, attempt: Int) {
    self.delivery = delivery
    self.attempt = attempt
  }
}

/// A delivery taken for sending, with everything the sender needs.
package struct Claim: Sendable, Equatable {
  package var key: ClaimKey
  package var destination: PeerName
  package var instance: InstanceID
  /// The spool file to send.
  package var file: InstanceID
  package var sop: SOPInstance
  package var transferSyntax: UID
  package var dataSetLength: Int64
  package var digest: Digest
  package var studyInstanceUID: UID?
  package var receivedAt: Timestamp
  package var proof: Proof
  package var priority: Priority
  package var doubtfulFailures: Int
  package var resends: Int
  package var terms: SendTerms

  package init(
    key: ClaimKey, destination: PeerName, instance: InstanceID, file: InstanceID, sop: SOPInstance,
    transferSyntax: UID, dataSetLength: Int64, digest: Digest, studyInstanceUID: UID?, receivedAt: Timestamp,
    proof: Proof, priority: Priority, doubtfulFailures: Int, resends: Int, terms: SendTerms = .plain
  ) {
    self.key = key
    self.destination = destination
    self.instance = instance
    self.file = file
    self.sop = sop
    self.transferSyntax = transferSyntax
    self.dataSetLength = dataSetLength
    self.digest = digest
    self.studyInstanceUID = studyInstanceUID
    self.receivedAt = receivedAt
    self.proof = proof
    self.priority = priority
    self.doubtfulFailures = doubtfulFailures
    self.resends = resends
    self.terms = terms
  }
}

extension Claim {
  /// Whether it is given up when it fails once more.
  package func isTooOld(for policy: RetryPolicy, now: Timestamp) -> Bool {
    policy.maxAge.map { now.since(receivedAt) > $0 } ?? false
  }
}

package struct ClaimBatch: Sendable, Equatable {
  package var claims: [Claim]
  /// When the next delivery that was not claimed becomes due; nil when none waits for a time. Meaningful only when
  /// fewer than asked for were claimed.
  package var nextDue: Timestamp?

  package init(claims: [Claim], nextDue: Timestamp?) {
    self.claims = claims
    self.nextDue = nextDue
  }
}

/// How one attempt ended.
package struct AttemptOutcome: Sendable, Equatable {
  package var key: ClaimKey
  package var result: Result
  package var startedAt: Timestamp
  /// Our name for the association, for logs and the trace.
  package var association: String?
  /// The C-STORE status, when there was one.
  package var status: UInt16?
  /// What went wrong or was remarked, with the peer's own words (status, error comment).
  package var message: String?
  /// What the data set was offered in; nil when it was not offered.
  package var transferSyntax: UID?
  /// The peer may have it all the same: it ended without an answer.
  package var mayBeThere: Bool

  package enum Result: Sendable, Equatable {
    /// Success or warning after the whole data set: `delivered` if the proof is `response`, else `sent`.
    case stored(discardedElements: Bool)
    /// Try again at `notBefore`. `counted` adds to the doubtful failures.
    case retry(notBefore: Timestamp, reason: String, counted: Bool)
    /// A permanent cause, or the attempts are used up.
    case failed(reason: String)
    /// The destination takes nothing of this kind: it waits for an operator.
    case held(reason: String, wasOffered: Bool = true)
    /// Never offered to the peer; the attempt is taken back. `notBefore` when the destination must wait.
    case returned(notBefore: Timestamp?, reason: String?)
  }

  package init(
    key: ClaimKey, result: Result, startedAt: Timestamp, association: String? = nil, status: UInt16? = nil,
    message: String? = nil, transferSyntax: UID? = nil, mayBeThere: Bool = false
  ) {
    self.key = key
    self.result = result
    self.startedAt = startedAt
    self.association = association
    self.status = status
    self.message = message
    self.transferSyntax = transferSyntax
    self.mayBeThere = mayBeThere
  }
}

/// An instance whose file is to be unlinked.
package struct PurgeTicket: Sendable, Equatable {
  package var instance: InstanceID
  package var file: InstanceID

  package init(instance: InstanceID, file: InstanceID) {
    self.instance = instance
    self.file = file
  }
}
