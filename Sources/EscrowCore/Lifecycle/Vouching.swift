package import DICOM

/// What may be said to a peer that asks whether an instance is safe.
package enum Vouching: Sendable, Equatable {
  case committed
  /// With the Failure Reason (PS3.3 §C.14.1.1).
  case failed(UInt16)
  /// Not yet; processing failure (0110H) when the time is over.
  case open

  package static let processingFailure: UInt16 = 0x0110
  package static let noSuchObjectInstance: UInt16 = 0x0112
  package static let classInstanceConflict: UInt16 = 0x0119

  /// What the record says of one reference.
  package struct Judgement: Sendable, Equatable {
    package var vouching: Vouching
    /// The instance that decides; nil when none is known of that class.
    package var subject: Consignment?

    init(_ vouching: Vouching, _ subject: Consignment? = nil) {
      self.vouching = vouching
      self.subject = subject
    }

    /// What is decided on record: a hook is asked about everything but what cannot be.
    package func forRecord(_ basis: InquiryTerms.Basis) -> Vouching {
      basis == .hook && vouching != .failed(Vouching.classInstanceConflict) ? .open : vouching
    }
  }

  /// What the record says of `sop` to a peer, `known` being all instances with its UID in the order of their
  /// admission.
  package static func of(
    _ sop: SOPInstance, among known: [Consignment], for peer: PeerName, by terms: InquiryTerms
  ) -> Judgement {
    let visible = known.last { terms.seesAll || $0.instance.isFrom(peer) }
    guard let subject = visible else { return Judgement(.failed(noSuchObjectInstance)) }
    guard subject.instance.sop.classUID == sop.classUID else { return Judgement(.failed(classInstanceConflict)) }
    return Judgement(subject.vouching(by: terms), subject)
  }
}

extension Consignment {
  /// Its copy stays for good because a peer is told that it is safe here.
  package mutating func promise(to inquiry: InquiryRecord) {
    instance.promise =
      instance.promise ?? "promised to \(inquiry.job.peer) in transaction \(inquiry.transactionUID)"
  }

  /// Whether every destination that counts has it, so that its copy here matters no more.
  package func isProved(by terms: InquiryTerms) -> Bool { delivered(by: terms) == .committed }

  fileprivate func vouching(by terms: InquiryTerms) -> Vouching {
    switch terms.basis {
    case .delivered: return delivered(by: terms)
    case .hook: return .open
    case .spooled, .own:
      if instance.state.hasFile { return .open }
      return isProved(by: terms) ? .committed : .failed(lossReason)
    }
  }

  /// Whether the sender has to send it again.
  private var lossReason: UInt16 {
    instance.state == .damaged ? Vouching.processingFailure : Vouching.noSuchObjectInstance
  }

  private func delivered(by terms: InquiryTerms) -> Vouching {
    // Commitment speaks of UIDs: which of the contents is safe, no report says, and which of them the peer has, nobody.
    if instance.conflicted { return .open }
    let counted = deliveries.filter {
      $0.origin == .route && $0.proof >= terms.proof && !terms.excluded.contains($0.destination)
    }
    let vouched = counted.filter { $0.state == .delivered && !$0.contradicted }
    let isWhole = vouched.contains { !$0.discardedElements || $0.acceptDiscarded }
    if isWhole, counted.allSatisfy({ Standing.proven.contains($0.state) && !$0.contradicted }) { return .committed }
    if instance.state == .discarded { return .failed(Vouching.noSuchObjectInstance) }
    if [.held, .damaged].contains(instance.state) { return .open }
    return counted.contains { !$0.state.isTerminal } ? .open : .failed(Vouching.processingFailure)
  }
}
