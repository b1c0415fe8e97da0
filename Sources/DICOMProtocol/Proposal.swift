public import DICOM

/// What a requestor asks for, and how it judges the answer.
public struct Proposal: Equatable, Sendable {
  public private(set) var request: AssociateRequest

  /// A proposal without contexts; `maximumLength` is announced in 51H.
  public init(
    calledAE: AETitle, callingAE: AETitle, maximumLength: UInt32 = 131_072, implementationClassUID: UID,
    implementationVersionName: String? = nil
  ) {
    request = AssociateRequest(
      calledAE: calledAE, callingAE: callingAE, contexts: [],
      userInformation: UserInformation(
        maximumLength: maximumLength, implementationClassUID: implementationClassUID,
        implementationVersionName: implementationVersionName))
  }

  /// Contexts that one association can carry: the odd identifiers (PS3.8 §9.3.2.2).
  public static let maximumContexts = 128

  /// The identifier of the context that is added as the `index`-th, counted from 0.
  public static func identifier(at index: Int) -> UInt8 { UInt8(index * 2 + 1) }

  /// Adds a context for valid UIDs and returns its identifier, or nil when all identifiers are taken.
  @discardableResult
  public mutating func add(_ abstractSyntax: UID, transferSyntaxes: [UID]) -> UInt8? {
    guard request.contexts.count < Proposal.maximumContexts else { return nil }
    let id = Proposal.identifier(at: request.contexts.count)
    request.contexts.append(
      ProposedContext(id: id, abstractSyntax: abstractSyntax, transferSyntaxes: transferSyntaxes))
    return id
  }

  /// Proposes our roles for an abstract syntax with 54H (PS3.7 §D.3.3.4).
  public mutating func selectRoles(for abstractSyntax: UID, scu: Bool, scp: Bool) {
    request.userInformation.roleSelections.removeAll { $0.abstractSyntax == abstractSyntax }
    request.userInformation.roleSelections.append(RoleSelection(abstractSyntax: abstractSyntax, scu: scu, scp: scp))
  }

  /// Proposes what a service class leaves to be agreed on, with 56H (PS3.7 §D.3.3.5).
  public mutating func negotiate(_ sopClass: UID, information: [UInt8]) {
    request.userInformation.extendedNegotiations.removeAll { $0.sopClass == sopClass }
    request.userInformation.extendedNegotiations.append(
      ExtendedNegotiation(sopClass: sopClass, information: information))
  }

  /// What the peer agreed to. Contexts it does not mention are refused.
  ///
  /// - Throws: when the answer is no answer to this proposal: to be aborted.
  public func judge(_ accept: AssociateAccept) throws(PDUError) -> ProposalOutcome {
    guard accept.userInformation.allowsData else { throw .invalid("peer announces a maximum length below 128") }
    let proposed = Dictionary(request.contexts.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var outcome = ProposalOutcome(peerMaximumLength: accept.userInformation.effectiveMaximumLength)
    outcome.refused = proposed.mapValues { _ in .noReason }
    for answer in accept.contexts {
      guard let context = proposed[answer.id], let abstractSyntax = context.abstractSyntax else {
        throw .invalid("answer to presentation context \(answer.id), which was not proposed")
      }
      guard answer.result == .acceptance, let transferSyntax = answer.transferSyntax else {
        outcome.refused[answer.id] = answer.result == .acceptance ? .transferSyntaxesNotSupported : answer.result
        continue
      }
      guard context.transferSyntaxes.contains(transferSyntax) else {
        throw .invalid("presentation context \(answer.id) accepted with a transfer syntax that was not offered")
      }
      outcome.refused[answer.id] = nil
      outcome.accepted[answer.id] = withRoles(
        AcceptedContext(id: answer.id, abstractSyntax: abstractSyntax, transferSyntax: transferSyntax), accept)
    }
    return outcome
  }

  /// The roles as returned; the default ones where 54H was not proposed or not returned.
  private func withRoles(_ context: AcceptedContext, _ accept: AssociateAccept) -> AcceptedContext {
    let isSame = { (role: RoleSelection) in role.abstractSyntax == context.abstractSyntax }
    guard let proposed = request.userInformation.roleSelections.first(where: isSame),
      let returned = accept.userInformation.roleSelections.first(where: isSame)
    else { return context }
    var context = context
    context.requestorIsSCU = proposed.scu && returned.scu
    context.requestorIsSCP = proposed.scp && returned.scp
    context.roleWasNegotiated = true
    return context
  }
}

/// What a peer made of a proposal.
public struct ProposalOutcome: Equatable, Sendable {
  /// By context identifier. A context whose role was refused is here with neither role.
  public var accepted: [UInt8: AcceptedContext] = [:]
  /// By context identifier, with the peer's result.
  public var refused: [UInt8: ContextResult.Result] = [:]
  /// What the peer takes in the length field of a P-DATA-TF; 0 means no limit.
  public var peerMaximumLength: UInt32

  public init(peerMaximumLength: UInt32) { self.peerMaximumLength = peerMaximumLength }
}
