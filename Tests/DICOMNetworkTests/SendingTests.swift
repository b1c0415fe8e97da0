import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowTesting
import NIOCore
import Testing

/// Requests that we send, on associations that we open.
@Suite struct SendingTests {
  private static let timeouts: ConnectTimeouts = {
    var timeouts = ConnectTimeouts()
    timeouts.association.linger = .milliseconds(5)
    return timeouts
  }()

  @Test func echo() async throws {
    try await withListener { listener, port in
      let association = try await connect(to: port)
      #expect(association.role == .requestor && association.remote.port == port)
      #expect(association.peerImplementation.classUID == "2.25.1")
      #expect(association.contexts.keys.sorted() == [1, 3, 5])
      for _ in 1...3 {
        let reply = try await association.send(.probeEcho, on: 1, timeout: .seconds(600))
        #expect(reply.command.statusCode == .success && reply.dataSetWasComplete)
      }
      await association.release()
      await #expect(throws: AssociationError.self) {
        try await association.send(.probeEcho, on: 1, timeout: .seconds(600))
      }
    }
  }

  @Test(
    arguments: [0, 1, 2, 999, 16_378, 16_379, 131_066, 131_068, 1_048_528, 1_048_576, 1_048_577, 25_000_003],
    [UInt32(128), 16_382, 131_072, 0])
  func everySizeArrivesAsItIs(length: Int, maximumLength: UInt32) async throws {
    guard length < 1_000_000 || maximumLength > 128 else { return }
    let receiver = PatternReceiver()
    var policy = AcceptorPolicy.everything
    policy.maximumLength = maximumLength == 0 ? 1 << 20 : maximumLength
    let verdict = AssociationVerdict.accept(policy)
    let service = ProbeService(verdict: { _ in verdict }, handling: { _, _ in .stream(receiver) })
    try await withListener(service) { _, port in
      let association = try await connect(to: port)
      let reply = try await association.send(
        .probeStore, dataSet: .source(PatternSource(length: length)), on: 3, timeout: .seconds(600))
      #expect(reply.command.statusCode == .success && reply.dataSetWasComplete)
      #expect(receiver.count == length && receiver.isRight)
      await association.release()
    }
  }

  @Test(
    arguments: [0, 1, 999, 16_379, 1_048_514, 1_048_528, 1_048_576, 1_048_577, 25_000_003],
    [UInt32(16_382), 131_072, 0])
  func everyStreamArrivesAsItIs(length: Int, maximumLength: UInt32) async throws {
    let receiver = PatternReceiver()
    var policy = AcceptorPolicy.everything
    policy.maximumLength = maximumLength == 0 ? 1 << 20 : maximumLength
    let verdict = AssociationVerdict.accept(policy)
    let service = ProbeService(verdict: { _ in verdict }, handling: { _, _ in .stream(receiver) })
    try await withListener(service) { _, port in
      let association = try await connect(to: port)
      let reply = try await association.send(
        .probeStore, dataSet: .stream(PatternStream(length: length)), on: 3, timeout: .seconds(600))
      #expect(reply.command.statusCode == .success && reply.dataSetWasComplete)
      #expect(receiver.count == length && receiver.isRight)
      await association.release()
    }
  }

  @Test func streamThatFailsAbortsWithoutTheLastFragment() async throws {
    let receiver = PatternReceiver()
    try await withListener(ProbeService(handling: { _, _ in .stream(receiver) })) { _, port in
      let association = try await connect(to: port)
      do {
        let stream = PatternStream(length: 5_000_000, failsAt: 3_000_000)
        _ = try await association.send(.probeStore, dataSet: .stream(stream), on: 3, timeout: .seconds(600))
        Issue.record("must throw")
      } catch AssociationError.source(let error) {
        #expect(error is PatternSource.Failure)
      }
      while try await receiver.events.next() != .abandoned {}
      #expect(receiver.count <= 3_000_000)
    }
  }

  @Test func bytesInMemoryAndManyMessages() async throws {
    let bodies = Events<ByteBuffer>()
    try await withListener(.collecting { _, bytes in bodies.add(bytes) }) { _, port in
      let association = try await connect(to: port)
      for length in 0..<50 {
        let bytes = ByteBuffer(bytes: PatternSource.bytes(length * 100))
        _ = try await association.send(.probeStore, dataSet: .bytes(bytes), on: 3, timeout: .seconds(600))
        #expect(try await bodies.next() == bytes)
      }
      await association.release()
    }
  }

  @Test func sourceThatFailsAbortsWithoutTheLastFragment() async throws {
    let receiver = PatternReceiver()
    try await withListener(ProbeService(handling: { _, _ in .stream(receiver) })) { _, port in
      let association = try await connect(to: port)
      do {
        let source = PatternSource(length: 5_000_000, failsAt: 3_000_000)
        _ = try await association.send(.probeStore, dataSet: .source(source), on: 3, timeout: .seconds(600))
        Issue.record("must throw")
      } catch AssociationError.source(let error) {
        #expect(error is PatternSource.Failure)
      }
      while try await receiver.events.next() != .abandoned {}
      #expect(receiver.count <= 3_000_000)
    }
  }

  @Test func contextThatIsNotAcceptedLeavesTheAssociationUsable() async throws {
    try await withListener { _, port in
      let association = try await connect(to: port)
      await #expect(throws: AssociationError.self) {
        try await association.send(.probeEcho, on: 7, timeout: .seconds(600))
      }
      #expect(try await association.send(.probeEcho, on: 1, timeout: .seconds(600)).command.statusCode == .success)
      await association.release()
    }
  }

  @Test func rejection() async throws {
    let service = ProbeService(verdict: { _ in .reject(.calledAENotRecognized, "unknown") })
    try await withListener(service) { _, port in
      do {
        _ = try await connect(to: port)
        Issue.record("must throw")
      } catch AssociationError.rejected(let reject) {
        #expect(reject == .calledAENotRecognized)
      }
    }
  }

  @Test func nobodyListens() async throws {
    let listener = try await ScriptedPeerListener()
    try await listener.close()
    do {
      _ = try await connect(to: listener.port)
      Issue.record("must throw")
    } catch AssociationError.connectFailed {}
  }

  @Test func earlyAnswerEndsTheAssociation() async throws {
    let listener = try await ScriptedPeerListener(stopsAtCommands: true)
    async let sent = {
      let association = try await connect(to: listener.port, timeouts: Self.timeouts)
      let source = PatternSource(length: 50_000_000)
      return try await association.send(.probeStore, dataSet: .source(source), on: 3, timeout: .seconds(600))
    }()
    let peer = try await listener.accept()
    try await peer.acceptAssociation()
    let request = try await peer.nextCommand()
    try await peer.send(.response(to: request, status: .outOfResources), on: 3)
    let reply = try await sent
    #expect(reply.command.statusCode == .outOfResources && !reply.dataSetWasComplete)
    try await peer.close()
    try await listener.close()
  }

  struct Answer: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let answer: @Sendable (CommandSet) -> CommandSet
  }

  static let wrongAnswers = [
    Answer(testDescription: "to another message") { request in
      var response = CommandSet.response(to: request, status: .success)
      response.messageIDBeingRespondedTo = 77
      return response
    },
    Answer(testDescription: "of another kind") { request in
      var response = CommandSet.response(to: request, status: .success)
      response.field = .cStoreResponse
      return response
    },
  ]

  @Test(arguments: wrongAnswers)
  func wrongResponseIsAViolation(_ wrong: Answer) async throws {
    let listener = try await ScriptedPeerListener()
    async let sent = {
      let association = try await connect(to: listener.port, timeouts: Self.timeouts)
      return try await association.send(.probeEcho, on: 1, timeout: .seconds(600))
    }()
    let peer = try await listener.accept()
    try await peer.acceptAssociation()
    try await peer.send(wrong.answer(peer.nextCommand()))
    #expect(try await peer.rest() == [.abort(.unexpectedPDU)])
    do {
      _ = try await sent
      Issue.record("must throw")
    } catch AssociationError.violated {}
    try await listener.close()
  }

  @Test(arguments: [true, false])
  func peerThatGoesAwayFailsTheRequest(byAbort: Bool) async throws {
    let listener = try await ScriptedPeerListener()
    async let sent = {
      let association = try await connect(to: listener.port)
      return try await association.send(.probeEcho, on: 1, timeout: .seconds(600))
    }()
    let peer = try await listener.accept()
    try await peer.acceptAssociation()
    _ = try await peer.nextCommand()
    if byAbort { try await peer.send(.abort(.notSpecified)) } else { try await peer.close() }
    do {
      _ = try await sent
      Issue.record("must throw")
    } catch is AssociationError {}
    try await listener.close()
  }

  @Test func answerToWhatWasNotProposed() async throws {
    let listener = try await ScriptedPeerListener()
    async let association = connect(to: listener.port, timeouts: Self.timeouts)
    let peer = try await listener.accept()
    guard case .associateRequest(let request)? = try await peer.next() else { return }
    var accept = AcceptorPolicy.everything.answer(request).accept
    accept.contexts.append(ContextResult(id: 99, result: .acceptance, transferSyntax: .implicitLittleEndian))
    try await peer.send(.associateAccept(accept))
    #expect(try await peer.rest() == [.abort(.invalidParameterValue)])
    do {
      _ = try await association
      Issue.record("must throw")
    } catch is AssociationError {}
    try await listener.close()
  }

  @Test func missingAnswersAreRefusals() async throws {
    let listener = try await ScriptedPeerListener()
    async let opened = connect(to: listener.port, timeouts: Self.timeouts)
    let peer = try await listener.accept()
    guard case .associateRequest(let request)? = try await peer.next() else { return }
    var accept = AcceptorPolicy.everything.answer(request).accept
    accept.contexts.removeLast()
    accept.contexts[1].transferSyntax = nil
    try await peer.send(.associateAccept(accept))
    let association = try await opened
    #expect(association.contexts.keys.sorted() == [1])
    #expect(association.refused.keys.sorted() == [3, 5])
    await association.abort()
    try await listener.close()
  }
}
