/// How one peer's requests for storage commitment are answered.
package struct InquiryPolicy: Sendable, Equatable {
  package var commitWhen: Basis
  /// What is not decided after this long is answered as failed.
  package var answerWithin: Duration
  package var maySee: Sight
  /// The weakest proof of a delivery that counts.
  package var vouchFor: Proof
  /// Who decides instead of us.
  package var decide: HookEndpoint?
  /// Asking for commitment says that the studies are complete.
  package var completes: Bool
  package var reportOn: ReportingAssociation

  package enum Basis: String, Sendable, CaseIterable {
    /// When the destinations have committed.
    case delivered
    /// When our own copy is whole; it is kept for good.
    case spooled
  }

  /// Of whose instances it is told.
  package enum Sight: String, Sendable, CaseIterable {
    case own
    case all
  }

  /// On which association it is told the answer (PS3.4 §J.3.3.1.2).
  package enum ReportingAssociation: String, Sendable, CaseIterable {
    case new
    /// On that of the request while it is open, otherwise on a new one.
    case same
  }

  package init(
    commitWhen: Basis = .delivered, answerWithin: Duration = .hours(24), maySee: Sight = .own,
    vouchFor: Proof = .commitment, decide: HookEndpoint? = nil, completes: Bool = false,
    reportOn: ReportingAssociation = .new
  ) {
    self.commitWhen = commitWhen
    self.answerWithin = answerWithin
    self.maySee = maySee
    self.vouchFor = vouchFor
    self.decide = decide
    self.completes = completes
    self.reportOn = reportOn
  }
}
