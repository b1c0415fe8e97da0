import DICOM
import DICOMProtocol
import Testing

struct AcceptorPolicyTests {
  static let implicit: UID = "1.2.840.10008.1.2"
  static let explicit: UID = "1.2.840.10008.1.2.1"
  static let big: UID = "1.2.840.10008.1.2.2"
  static let jpeg: UID = "1.2.840.10008.1.2.4.50"
  static let unknown: UID = "1.2.3.4.5"
  static let ct: UID = "1.2.840.10008.5.1.4.1.1.2"
  static let find: UID = "1.2.840.10008.5.1.4.1.2.2.1"
  static let privateStorage: UID = "1.3.12.2.1107.5.9.1"

  /// Takes CT and what 57H declares as storage, Verification, and reports of storage commitment.
  static let policy = AcceptorPolicy(implementationClassUID: "2.25.1", implementationVersionName: "TEST") {
    switch $0 {
    case ct: .accepted(.storage)
    case Verification.sopClassUID: .accepted(.verification)
    case StorageCommitment.sopClassUID:
      .accepted(.commitment(requestorMayBeSCU: false, requestorMayBeSCP: true))
    case _ where $1 == "1.2.840.10008.4.2": .accepted(.storage)
    case "1.9": .refused(.noReason)
    default: .refused(.abstractSyntaxNotSupported)
    }
  }

  static func request(
    _ contexts: [ProposedContext], roles: [RoleSelection] = [], common: [CommonExtendedNegotiation] = []
  ) -> AssociateRequest {
    AssociateRequest(
      calledAE: "ROUTER", callingAE: "MODALITY", contexts: contexts,
      userInformation: UserInformation(
        maximumLength: 16384, asynchronousOperations: AsynchronousOperations(invoked: 5, performed: 5),
        roleSelections: roles, commonExtendedNegotiations: common))
  }

  static func context(_ id: UInt8, _ abstractSyntax: UID?, _ transferSyntaxes: UID...) -> ProposedContext {
    ProposedContext(id: id, abstractSyntax: abstractSyntax, transferSyntaxes: transferSyntaxes)
  }

  @Test(arguments: [
    (context(1, ct, implicit), ContextResult.Result.acceptance, implicit),
    (context(2, ct, implicit), .acceptance, implicit),
    (context(0, ct, implicit), .noReason, implicit),
    (context(1, ct, unknown), .acceptance, unknown),
    (context(1, ct, jpeg, explicit), .acceptance, jpeg),
    (context(1, ct, implicit, explicit), .acceptance, explicit),
    (context(1, ct, implicit, jpeg), .acceptance, implicit),
    (context(1, ct, big, implicit), .acceptance, implicit),
    (context(1, ct, big, implicit, explicit), .acceptance, explicit),
    (context(1, ct, big), .acceptance, big),
    (context(1, ct, "not a UID", explicit), .acceptance, explicit),
    (context(1, ct, "not a UID"), .transferSyntaxesNotSupported, implicit),
    (context(1, ct), .transferSyntaxesNotSupported, implicit),
    (context(1, nil, explicit), .abstractSyntaxNotSupported, explicit),
    (context(1, "", explicit), .abstractSyntaxNotSupported, explicit),
    (context(1, UID(String(repeating: "1", count: 65)), explicit), .abstractSyntaxNotSupported, explicit),
    (context(1, "1.2%s", explicit), .abstractSyntaxNotSupported, explicit),
    (context(1, find, explicit), .abstractSyntaxNotSupported, explicit),
    (context(1, "1.9", jpeg), .noReason, jpeg),
    (context(1, Verification.sopClassUID, jpeg), .transferSyntaxesNotSupported, jpeg),
    (context(1, StorageCommitment.sopClassUID, jpeg, implicit), .acceptance, implicit),
  ])
  func oneContext(_ proposed: ProposedContext, _ result: ContextResult.Result, _ transferSyntax: UID) {
    let answer = Self.policy.answer(Self.request([proposed]))
    #expect(answer.accept.contexts == [ContextResult(id: proposed.id, result: result, transferSyntax: transferSyntax)])
    let accepted = answer.contexts[proposed.id]
    #expect(accepted?.transferSyntax == (result == .acceptance ? transferSyntax : nil))
    #expect(accepted?.abstractSyntax == (result == .acceptance ? proposed.abstractSyntax : nil))
  }

  @Test func everyContextIsAnsweredInOrder() {
    let answer = Self.policy.answer(
      Self.request([
        Self.context(7, Self.ct, Self.jpeg), Self.context(1, Self.find, Self.implicit),
        Self.context(3, Self.ct, Self.implicit),
      ]))
    #expect(answer.accept.contexts.map(\.id) == [7, 1, 3])
    #expect(answer.accept.contexts.map(\.result) == [.acceptance, .abstractSyntaxNotSupported, .acceptance])
    #expect(Set(answer.contexts.keys) == [7, 3])
  }

  @Test func theAnswerSpeaksOfUs() {
    let accept = Self.policy.answer(Self.request([Self.context(1, Self.find, Self.implicit)])).accept
    #expect(accept.calledAE == "ROUTER")
    #expect(accept.callingAE == "MODALITY")
    #expect(
      accept.userInformation
        == UserInformation(
          maximumLength: 131_072, implementationClassUID: "2.25.1", implementationVersionName: "TEST"))
  }

  @Test func aDeclaredServiceCounts() {
    let proposed = Self.context(1, Self.privateStorage, Self.implicit)
    let common = CommonExtendedNegotiation(sopClass: Self.privateStorage, serviceClass: "1.2.840.10008.4.2")
    #expect(Self.policy.answer(Self.request([proposed])).contexts.isEmpty)
    #expect(Self.policy.answer(Self.request([proposed], common: [common])).contexts.count == 1)
  }

  /// What is proposed with 54H, what is returned, and whether the context is accepted.
  @Test(arguments: [
    (ct, true, true, true, false, true),
    (ct, true, false, true, false, true),
    (ct, false, true, false, false, false),
    (StorageCommitment.sopClassUID, false, true, false, true, true),
    (StorageCommitment.sopClassUID, true, true, false, true, true),
    (StorageCommitment.sopClassUID, true, false, false, false, false),
    (StorageCommitment.sopClassUID, false, false, false, false, false),
  ])
  func roles(_ uid: UID, _ scu: Bool, _ scp: Bool, _ returnedSCU: Bool, _ returnedSCP: Bool, _ isAccepted: Bool) {
    let answer = Self.policy.answer(
      Self.request(
        [Self.context(1, uid, Self.explicit)], roles: [RoleSelection(abstractSyntax: uid, scu: scu, scp: scp)]))
    let returned = RoleSelection(abstractSyntax: uid, scu: returnedSCU, scp: returnedSCP)
    #expect(answer.accept.userInformation.roleSelections == [returned])
    #expect(answer.accept.contexts[0].result == (isAccepted ? .acceptance : .userRejection))
    let expected = AcceptedContext(
      id: 1, abstractSyntax: uid, transferSyntax: Self.explicit, requestorIsSCU: returnedSCU,
      requestorIsSCP: returnedSCP, roleWasNegotiated: true)
    #expect(answer.contexts[1] == (isAccepted ? expected : nil))
  }

  @Test func withoutRoleSelectionRolesAreTheDefault() {
    let answer = Self.policy.answer(Self.request([Self.context(1, StorageCommitment.sopClassUID, Self.explicit)]))
    #expect(answer.accept.userInformation.roleSelections.isEmpty)
    #expect(
      answer.contexts[1]
        == AcceptedContext(
          id: 1, abstractSyntax: StorageCommitment.sopClassUID, transferSyntax: Self.explicit, requestorIsSCU: true,
          requestorIsSCP: false, roleWasNegotiated: false))
  }

  @Test func rolesAreReturnedOncePerAbstractSyntaxAndOnlyForProposedOnes() {
    let role = RoleSelection(abstractSyntax: Self.ct, scu: true, scp: false)
    let answer = Self.policy.answer(
      Self.request(
        [Self.context(1, Self.ct, Self.explicit), Self.context(3, Self.ct, Self.jpeg)],
        roles: [
          role, RoleSelection(abstractSyntax: Self.ct, scu: false, scp: false),
          RoleSelection(abstractSyntax: "1.2.3", scu: true, scp: true),
        ]))
    #expect(answer.accept.userInformation.roleSelections == [role])
    #expect(answer.contexts.count == 2)
  }
}

/// Requests that are rejected as a whole.
struct AcceptorRejectionTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let rejection: AssociateReject?
    let change: @Sendable (inout AssociateRequest) -> Void
  }

  static let cases = [
    Case(testDescription: "nothing wrong", rejection: nil) { _ in },
    Case(testDescription: "version 0", rejection: .protocolVersionNotSupported) { $0.protocolVersion = 0 },
    Case(testDescription: "version 2", rejection: .protocolVersionNotSupported) { $0.protocolVersion = 2 },
    Case(testDescription: "version FFFF", rejection: nil) { $0.protocolVersion = 0xFFFF },
    Case(testDescription: "no application context", rejection: .applicationContextNotSupported) {
      $0.applicationContext = nil
    },
    Case(testDescription: "another application context", rejection: .applicationContextNotSupported) {
      $0.applicationContext = "%s%n\u{1}"
    },
    Case(testDescription: "no presentation context", rejection: .malformed) { $0.contexts = [] },
    Case(testDescription: "no maximum length", rejection: nil) { $0.userInformation.maximumLength = nil },
    Case(testDescription: "maximum length 0", rejection: nil) { $0.userInformation.maximumLength = 0 },
    Case(testDescription: "maximum length 1", rejection: .malformed) { $0.userInformation.maximumLength = 1 },
    Case(testDescription: "maximum length 127", rejection: .malformed) { $0.userInformation.maximumLength = 127 },
    Case(testDescription: "maximum length 128", rejection: nil) { $0.userInformation.maximumLength = 128 },
    Case(testDescription: "maximum length FFFFFFFF", rejection: nil) { $0.userInformation.maximumLength = .max },
    Case(testDescription: "identity of an unknown type", rejection: nil) {
      $0.userInformation.userIdentity = UserIdentity(
        type: 99, positiveResponseRequested: false, primary: [1], secondary: [])
    },
    Case(testDescription: "identity of 60 KB", rejection: .noReason) {
      $0.userInformation.userIdentity = UserIdentity(
        type: 1, positiveResponseRequested: false, primary: [UInt8](repeating: 0, count: 60_000), secondary: [])
    },
  ]

  @Test(arguments: cases) func rejection(_ row: Case) {
    var request = AcceptorPolicyTests.request([AcceptorPolicyTests.context(1, "1.2.840.10008.1.1", "1.2.840.10008.1.2")]
    )
    row.change(&request)
    #expect(AcceptorPolicyTests.policy.rejection(of: request) == row.rejection)
  }

  /// No acceptable context is no reason to reject.
  @Test func refusedContextsDoNotReject() {
    let request = AcceptorPolicyTests.request([AcceptorPolicyTests.context(1, "1.2", "1.2.840.10008.1.2")])
    #expect(AcceptorPolicyTests.policy.rejection(of: request) == nil)
    #expect(AcceptorPolicyTests.policy.answer(request).contexts.isEmpty)
  }
}
