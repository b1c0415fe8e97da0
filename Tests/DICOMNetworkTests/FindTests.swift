import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// C-FIND as a user: several responses to one request (PS3.7 §9.1.2).
@Suite struct FindTests {
  private struct Outcome: Sendable {
    var reply: Association.Reply?
    var bodies: [[UInt8]] = []
    var error: String?
  }

  /// Asks, and takes up to `limit` pending responses.
  private static func ask(
    port: Int, limit: Int = .max, timeout: Duration = .seconds(600)
  ) async throws -> Outcome {
    let association = try await connect(to: port)
    let bodies = NIOLockedValueBox<[[UInt8]]>([])
    var outcome = Outcome()
    do {
      outcome.reply = try await association.find(
        .findRequest(sopClass: StudyRootFind.sopClassUID, messageID: 1),
        identifier: .bytes(ByteBuffer(bytes: [1, 2, 3, 4])), on: 3, timeout: timeout
      ) { message in
        let bytes: [UInt8]
        if case .collected(let body) = message.body { bytes = Array(body.readableBytesView) } else { bytes = [] }
        return bodies.withLockedValue {
          $0.append(bytes)
          return $0.count <= limit
        }
      }
      await association.release()
    } catch {
      outcome.error = "\(error)"
    }
    outcome.bodies = bodies.withLockedValue { $0 }
    return outcome
  }

  private func answer(_ request: CommandSet, _ status: Status, hasDataSet: Bool = true) -> CommandSet {
    var response = CommandSet.response(to: request, status: status)
    response.hasDataSet = hasDataSet
    return response
  }

  /// Takes the request with its identifier.
  private func takeRequest(_ peer: ScriptedPeer) async throws -> CommandSet {
    try await peer.acceptAssociation()
    let request = try await peer.nextCommand()
    #expect(request.field == .cFindRequest)
    #expect(request.affectedSOPClassUID == StudyRootFind.sopClassUID)
    #expect(request.priority == 0)
    return request
  }

  @Test(arguments: [Status.success, .outOfResources, .cancel])
  func everyMatchIsHandedOverAndTheLastResponseEnds(last: Status) async throws {
    let listener = try await ScriptedPeerListener()
    async let asked = Self.ask(port: listener.port)
    let peer = try await listener.accept()
    let request = try await takeRequest(peer)
    for (index, status) in [Status.pending, .pendingWithWarning, .pending].enumerated() {
      try await peer.send(answer(request, status), dataSet: [UInt8(index), 9], on: 3)
    }
    try await peer.send(answer(request, last, hasDataSet: false), on: 3)
    guard case .releaseRequest? = try await nextAfterData(peer) else { throw ScriptDeparture(expected: "A-RELEASE-RQ") }
    try await peer.send(.releaseResponse)
    let outcome = try await asked
    #expect(outcome.bodies == [[0, 9], [1, 9], [2, 9]])
    #expect(outcome.reply?.command.statusCode == last)
    #expect(outcome.error == nil)
    try await listener.close()
  }

  @Test func moreThanIsWantedAborts() async throws {
    let listener = try await ScriptedPeerListener()
    async let asked = Self.ask(port: listener.port, limit: 1)
    let peer = try await listener.accept()
    let request = try await takeRequest(peer)
    for _ in 1...2 { try await peer.send(answer(request, .pending), dataSet: [1, 2], on: 3) }
    guard case .abort? = try await nextAfterData(peer) else { throw ScriptDeparture(expected: "A-ABORT") }
    let outcome = try await asked
    #expect(outcome.reply == nil)
    #expect(outcome.error?.contains("more answers") == true)
    try await listener.close()
  }

  @Test func silenceAfterAMatchIsNoEnd() async throws {
    let listener = try await ScriptedPeerListener()
    async let asked = Self.ask(port: listener.port, timeout: .seconds(3))
    let peer = try await listener.accept()
    let request = try await takeRequest(peer)
    try await peer.send(answer(request, .pending), dataSet: [1, 2], on: 3)
    guard case .abort? = try await nextAfterData(peer) else { throw ScriptDeparture(expected: "A-ABORT") }
    let outcome = try await asked
    #expect(outcome.bodies == [[1, 2]])
    #expect(outcome.error?.contains("timed out") == true)
    try await listener.close()
  }

  @Test func whatThePeerAgreedToIsKnown() async throws {
    let listener = try await ScriptedPeerListener()
    var proposal = Proposal.probe
    proposal.negotiate(StudyRootFind.sopClassUID, information: StudyRootFind.relationalInformation)
    async let opened = connect(to: listener.port, proposal: proposal)
    let peer = try await listener.accept()
    guard case .associateRequest(let request)? = try await peer.next() else {
      throw ScriptDeparture(expected: "A-ASSOCIATE-RQ")
    }
    #expect(
      request.userInformation.extendedNegotiations
        == [ExtendedNegotiation(sopClass: StudyRootFind.sopClassUID, information: [1])])
    var accept = AcceptorPolicy.everything.answer(request).accept
    accept.userInformation.extendedNegotiations = [
      ExtendedNegotiation(sopClass: StudyRootFind.sopClassUID, information: [1, 0, 0])
    ]
    try await peer.send(.associateAccept(accept))
    let association = try await opened
    #expect(association.extendedNegotiations == [StudyRootFind.sopClassUID: [1, 0, 0]])
    await association.abort()
    try await listener.close()
  }

  /// The next PDU that is not the rest of the request.
  private func nextAfterData(_ peer: ScriptedPeer) async throws -> PDU? {
    while let pdu = try await peer.next() {
      if case .data = pdu { continue }
      return pdu
    }
    return nil
  }
}
