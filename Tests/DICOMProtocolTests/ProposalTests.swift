import DICOM
import DICOMProtocol
import NIOCore
import Testing

struct ProposalTests {
  private static let explicit: UID = "1.2.840.10008.1.2.1"
  private static let implicit: UID = "1.2.840.10008.1.2"

  /// Contexts 1 (CT) and 3 (commitment, as SCP only).
  private var proposal: Proposal {
    var proposal = Proposal(calledAE: "ARCHIVE", callingAE: "ROUTER", implementationClassUID: "2.25.1")
    proposal.add("1.2.840.10008.5.1.4.1.1.2", transferSyntaxes: [Self.explicit])
    proposal.add(StorageCommitment.sopClassUID, transferSyntaxes: StorageCommitment.offeredTransferSyntaxes)
    proposal.selectRoles(for: StorageCommitment.sopClassUID, scu: false, scp: true)
    return proposal
  }

  private func accept(
    _ contexts: ContextResult..., roles: [RoleSelection] = [], maximum: UInt32? = 16384
  )
    -> AssociateAccept
  {
    AssociateAccept(
      calledAE: "ANY", callingAE: "TITLE", applicationContext: nil, contexts: contexts,
      userInformation: UserInformation(maximumLength: maximum, roleSelections: roles))
  }

  private func result(
    _ id: UInt8, _ result: ContextResult.Result = .acceptance, _ syntax: UID? = explicit
  )
    -> ContextResult
  {
    ContextResult(id: id, result: result, transferSyntax: syntax)
  }

  @Test func theRequestForAReportIsTheKnownBytes() {
    var proposal = Proposal(
      calledAE: "MODALITY", callingAE: "ROUTER", maximumLength: 16384, implementationClassUID: "2.25.1",
      implementationVersionName: "EXAMPLE_1")
    proposal.add(StorageCommitment.sopClassUID, transferSyntaxes: StorageCommitment.offeredTransferSyntaxes)
    proposal.selectRoles(for: StorageCommitment.sopClassUID, scu: false, scp: true)
    var bytes = ByteBuffer()
    PDU.associateRequest(proposal.request).encode(into: &bytes)
    #expect(bytes.array == PDUVector.reportAssociation.bytes.array)
  }

  @Test func identifiersAreOddAndRunOut() {
    var proposal = Proposal(calledAE: "A", callingAE: "B", implementationClassUID: "2.25.1")
    let ids = (0..<130).compactMap { _ in proposal.add("1.2", transferSyntaxes: ["1.3"]) }
    let odd = (0..<128).map { UInt8($0 * 2 + 1) }
    #expect(ids == odd)
    #expect(proposal.request.contexts.count == 128)
  }

  @Test func acceptedAndRefused() throws {
    let outcome = try proposal.judge(accept(result(3, .abstractSyntaxNotSupported, nil), result(1)))
    #expect(outcome.accepted.keys.sorted() == [1])
    #expect(outcome.accepted[1]?.transferSyntax == Self.explicit)
    #expect(outcome.refused == [3: .abstractSyntaxNotSupported])
    #expect(outcome.peerMaximumLength == 16384)
  }

  @Test func aMissingResultIsARefusal() throws {
    let outcome = try proposal.judge(accept(result(1), maximum: nil))
    #expect(outcome.refused == [3: .noReason])
    #expect(outcome.peerMaximumLength == 16384)
    #expect(try proposal.judge(accept()).accepted.isEmpty)
  }

  @Test func acceptanceWithoutATransferSyntaxIsARefusal() throws {
    let outcome = try proposal.judge(accept(result(1, .acceptance, nil), result(3, .init(rawValue: 77))))
    #expect(outcome.accepted.isEmpty)
    #expect(outcome.refused == [1: .transferSyntaxesNotSupported, 3: .init(rawValue: 77)])
  }

  @Test func whatWasNotAskedForIsAborted() {
    let answers = [
      accept(result(5)), accept(result(2, .userRejection)), accept(result(1, .acceptance, Self.implicit)),
      accept(result(1), maximum: 1), accept(result(1), maximum: 127),
    ]
    for answer in answers {
      let error = #expect(throws: PDUError.self) { try proposal.judge(answer) }
      #expect(error?.abort == .invalidParameterValue)
    }
  }

  @Test(
    arguments: [
      (nil, true, false, false), ((false, true), false, true, true), ((true, true), false, true, true),
      ((true, false), false, false, true), ((false, false), false, false, true),
    ] as [((Bool, Bool)?, Bool, Bool, Bool)])
  func roles(_ returned: (Bool, Bool)?, _ isSCU: Bool, _ isSCP: Bool, _ wasNegotiated: Bool) throws {
    let roles = returned.map {
      [RoleSelection(abstractSyntax: StorageCommitment.sopClassUID, scu: $0.0, scp: $0.1)]
    }
    let outcome = try proposal.judge(accept(result(3), roles: roles ?? []))
    #expect(
      outcome.accepted[3]
        == AcceptedContext(
          id: 3, abstractSyntax: StorageCommitment.sopClassUID, transferSyntax: Self.explicit, requestorIsSCU: isSCU,
          requestorIsSCP: isSCP, roleWasNegotiated: wasNegotiated))
  }

  @Test func rolesThatWereNotProposedAreIgnored() throws {
    let role = RoleSelection(abstractSyntax: "1.2.840.10008.5.1.4.1.1.2", scu: false, scp: true)
    let context = try #require(try proposal.judge(accept(result(1), roles: [role])).accepted[1])
    #expect(context.requestorIsSCU)
    #expect(!context.requestorIsSCP)
    #expect(!context.roleWasNegotiated)
  }

  /// Both sides of one negotiation come to the same contexts.
  @Test func bothSidesAgree() throws {
    let answer = AcceptorPolicyTests.policy.answer(proposal.request)
    let outcome = try proposal.judge(answer.accept)
    #expect(outcome.accepted == answer.contexts)
    #expect(outcome.accepted.count == 2)
  }
}
