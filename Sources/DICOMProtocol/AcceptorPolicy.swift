public import DICOM

/// How an acceptor answers an A-ASSOCIATE-RQ. Who may associate at all is for the caller to judge.
public struct AcceptorPolicy: Sendable {
  /// Judges an abstract syntax; `declaredService` is the service class that 57H names for it, if any.
  public typealias Judge = @Sendable (_ abstractSyntax: UID, _ declaredService: UID?) -> ServiceTerms.Judgement

  /// Announced in 51H.
  public var maximumLength: UInt32
  public var implementationClassUID: UID
  public var implementationVersionName: String?
  /// Bytes of each field of 58H.
  public var maximumUserIdentityLength: Int
  public var judge: Judge

  public init(
    maximumLength: UInt32 = 131_072, implementationClassUID: UID, implementationVersionName: String? = nil,
    maximumUserIdentityLength: Int = 16_384, judge: @escaping Judge
  ) {
    self.maximumLength = maximumLength
    self.implementationClassUID = implementationClassUID
    self.implementationVersionName = implementationVersionName
    self.maximumUserIdentityLength = maximumUserIdentityLength
    self.judge = judge
  }

  /// Why the request must be rejected whatever it proposes, or nil. AE titles are not looked at.
  public func rejection(of request: AssociateRequest) -> AssociateReject? {
    if request.protocolVersion & 1 == 0 { return .protocolVersionNotSupported }
    if request.applicationContext != AssociateRequest.dicomApplicationContext { return .applicationContextNotSupported }
    if request.contexts.isEmpty || !request.userInformation.allowsData { return .malformed }
    if let identity = request.userInformation.userIdentity,
      max(identity.primary.count, identity.secondary.count) > maximumUserIdentityLength
    {
      return .noReason
    }
    return nil
  }

  /// Answers every proposed context, and 54H of each accepted abstract syntax for which it was proposed.
  public func answer(_ request: AssociateRequest) -> AcceptedAssociation {
    let proposed = request.userInformation
    let roles = Dictionary(
      proposed.roleSelections.map { ($0.abstractSyntax, $0) }, uniquingKeysWith: { first, _ in first })
    let services = Dictionary(
      proposed.commonExtendedNegotiations.map { ($0.sopClass, $0.serviceClass) },
      uniquingKeysWith: { first, _ in first })
    var association = AcceptedAssociation(accept: accept(request), contexts: [:])
    for context in request.contexts {
      let judgement = context.abstractSyntax.map { $0.isValid ? judge($0, services[$0]) : notSupported }
      association.add(context, judgement ?? notSupported, role: context.abstractSyntax.flatMap { roles[$0] })
    }
    return association
  }

  private var notSupported: ServiceTerms.Judgement { .refused(.abstractSyntaxNotSupported) }

  /// The answer before its contexts. 53H and 58H are not returned: one operation at a time, identity not confirmed.
  private func accept(_ request: AssociateRequest) -> AssociateAccept {
    AssociateAccept(
      calledAE: request.calledAE, callingAE: request.callingAE, contexts: [],
      userInformation: UserInformation(
        maximumLength: maximumLength, implementationClassUID: implementationClassUID,
        implementationVersionName: implementationVersionName))
  }
}

/// The acceptor's answer, and what it means.
public struct AcceptedAssociation: Equatable, Sendable {
  /// What to send.
  public var accept: AssociateAccept
  /// The accepted contexts by identifier; may be empty, which is no reason to reject.
  public var contexts: [UInt8: AcceptedContext]

  public init(accept: AssociateAccept, contexts: [UInt8: AcceptedContext]) {
    self.accept = accept
    self.contexts = contexts
  }

  /// Adds the answer to one proposed context, with the 54H `role` proposed for its abstract syntax.
  fileprivate mutating func add(
    _ proposed: ProposedContext, _ judgement: ServiceTerms.Judgement, role: RoleSelection?
  ) {
    guard proposed.id != 0 else { return refuse(proposed, .noReason) }
    guard let abstractSyntax = proposed.abstractSyntax else { return refuse(proposed, .abstractSyntaxNotSupported) }
    switch judgement {
    case .refused(let result): refuse(proposed, result)
    case .accepted(let terms):
      guard let transferSyntax = terms.transferSyntaxes.choose(from: proposed.transferSyntaxes) else {
        return refuse(proposed, .transferSyntaxesNotSupported)
      }
      var context = AcceptedContext(id: proposed.id, abstractSyntax: abstractSyntax, transferSyntax: transferSyntax)
      if let role { grant(role, on: terms, to: &context) }
      guard context.requestorIsSCU || context.requestorIsSCP else { return refuse(proposed, .userRejection) }
      contexts[proposed.id] = context
      accept.contexts.append(ContextResult(id: proposed.id, result: .acceptance, transferSyntax: transferSyntax))
    }
  }

  /// Answers 54H: each role when it is both proposed and on our terms, once for each abstract syntax.
  private mutating func grant(_ role: RoleSelection, on terms: ServiceTerms, to context: inout AcceptedContext) {
    context.requestorIsSCU = role.scu && terms.requestorMayBeSCU
    context.requestorIsSCP = role.scp && terms.requestorMayBeSCP
    context.roleWasNegotiated = true
    let answer = RoleSelection(
      abstractSyntax: role.abstractSyntax, scu: context.requestorIsSCU, scp: context.requestorIsSCP)
    if !accept.userInformation.roleSelections.contains(answer) {
      accept.userInformation.roleSelections.append(answer)
    }
  }

  /// A refusal names a transfer syntax too: not significant, but some peers stumble without it.
  private mutating func refuse(_ proposed: ProposedContext, _ result: ContextResult.Result) {
    let syntax = proposed.transferSyntaxes.first(where: \.isValid) ?? NativeSyntax.implicitLittleEndian.uid
    accept.contexts.append(ContextResult(id: proposed.id, result: result, transferSyntax: syntax))
  }
}
