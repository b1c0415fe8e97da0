import DICOMProtocol
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import DICOMNetwork

/// Every wait, on a clock that the test moves.
@Suite struct TimeTests {
  /// A handler on a channel without a socket.
  struct Fixture {
    let channel = NIOAsyncTestingChannel()
    let handler: NIOLoopBound<AssociationHandler>

    /// Connected.
    init(_ opening: (NIOAsyncTestingChannel) -> AssociationHandler.Opening) async throws {
      let opening = opening(channel)
      handler = try await channel.testingEventLoop.executeInContext { [channel] in
        let handler = AssociationHandler(
          opening: opening, service: ProbeService(), timeouts: AssociationTimeouts(), answerTimeout: .seconds(30),
          pool: .singleton, logger: quiet)
        try channel.pipeline.syncOperations.addHandler(handler)
        return NIOLoopBound(handler, eventLoop: channel.eventLoop)
      }
      try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 104))
    }

    static func acceptor() async throws -> Fixture {
      try await Fixture { channel in
        .asAcceptor(channel.eventLoop.makePromise())
      }
    }

    static func requestor() async throws -> Fixture {
      try await Fixture { channel in
        .asRequestor(.probe, channel.eventLoop.makePromise())
      }
    }

    /// An acceptor with an established association.
    static func established() async throws -> (Fixture, Association) {
      let fixture = try await acceptor()
      try await fixture.receive(.associateRequest(Proposal.probe.request))
      let association = try await fixture.channel.testingEventLoop.executeInContext { [fixture] in
        fixture.handler.value.answer(Proposal.probe.request, with: .accept(.everything))
      }
      guard case .associateAccept? = try await fixture.sent(), let association else { throw Failure() }
      return (fixture, association)
    }

    struct Failure: Error {}

    func receive(_ pdu: PDU) async throws {
      var bytes = ByteBuffer()
      pdu.encode(into: &bytes)
      try await receive(bytes)
    }

    func receive(_ bytes: ByteBuffer) async throws { _ = try await channel.writeInbound(bytes) }

    func sent() async throws -> PDU? {
      guard var bytes = try await channel.readOutbound(as: ByteBuffer.self) else { return nil }
      var decoder = PDUDecoder()
      return try decoder.next(from: &bytes)
    }

    func pass(_ amount: TimeAmount) async { await channel.testingEventLoop.advanceTime(by: amount) }
  }

  @Test func requestMustBeCompleteInTimeHoweverOftenBytesCome() async throws {
    let fixture = try await Fixture.acceptor()
    for byte: UInt8 in [1, 0] {
      await fixture.pass(.seconds(14))
      try await fixture.receive(ByteBuffer(bytes: [byte]))
    }
    #expect(fixture.channel.isActive)
    await fixture.pass(.seconds(2))
    #expect(!fixture.channel.isActive)
    #expect(try await fixture.sent() == nil)
  }

  @Test func rejectedPeerMustClose() async throws {
    let fixture = try await Fixture.acceptor()
    try await fixture.receive(.associateRequest(Proposal.probe.request))
    _ = try await fixture.channel.testingEventLoop.executeInContext {
      fixture.handler.value.answer(Proposal.probe.request, with: .reject(.noReason, "test"))
    }
    #expect(try await fixture.sent() == .associateReject(.noReason))
    await fixture.pass(.seconds(29))
    #expect(fixture.channel.isActive)
    await fixture.pass(.seconds(1))
    #expect(!fixture.channel.isActive)
  }

  @Test func judgingMayTakeItsTime() async throws {
    let fixture = try await Fixture.acceptor()
    try await fixture.receive(.associateRequest(Proposal.probe.request))
    await fixture.pass(.minutes(10))
    #expect(fixture.channel.isActive)
    try await fixture.channel.close()
  }

  @Test func silenceInsideAMessage() async throws {
    let (fixture, _) = try await Fixture.established()
    try await fixture.receive(.data([.command(.probeStore, on: 3)]))
    for _ in 1...10 {
      await fixture.pass(.seconds(59))
      try await fixture.receive(.data([.data(PatternSource.bytes(100_000), isLast: false, on: 3)]))
    }
    #expect(fixture.channel.isActive)
    await fixture.pass(.seconds(60))
    #expect(try await fixture.sent() == .abort(.notSpecified))
    await fixture.pass(.seconds(1))
    #expect(!fixture.channel.isActive)
  }

  @Test func silenceInsideAPDU() async throws {
    let (fixture, _) = try await Fixture.established()
    try await fixture.receive(ByteBuffer(bytes: [4, 0, 0]))
    await fixture.pass(.seconds(60))
    #expect(try await fixture.sent() == .abort(.notSpecified))
    try await fixture.channel.close()
  }

  @Test func messageThatIsTooSlow() async throws {
    let (fixture, _) = try await Fixture.established()
    try await fixture.receive(.data([.command(.probeStore, on: 3)]))
    for _ in 1...5 {
      await fixture.pass(.seconds(10))
      try await fixture.receive(.data([.data([1, 2], isLast: false, on: 3)]))
    }
    #expect(fixture.channel.isActive)
    await fixture.pass(.seconds(10))
    #expect(try await fixture.sent() == .abort(.notSpecified))
    try await fixture.channel.close()
  }

  @Test func idleAcceptorAborts() async throws {
    let (fixture, _) = try await Fixture.established()
    await fixture.pass(.seconds(299))
    #expect(try await fixture.sent() == nil)
    await fixture.pass(.seconds(1))
    #expect(try await fixture.sent() == .abort(.serviceUser))
    try await fixture.channel.close()
  }

  @Test func whoeverServesMayTakeItsTime() async throws {
    let (fixture, association) = try await Fixture.established()
    try await fixture.receive(.data([.command(.probeEcho)]))
    await fixture.pass(.hours(1))
    #expect(try await fixture.sent() == nil)
    let request = try await association.nextRequest()
    async let answered: Void = association.respond(.response(to: .probeEcho, status: .success), on: 1)
    while try await fixture.sent() == nil { await fixture.channel.testingEventLoop.run() }
    try await answered
    #expect(request?.command.field == .cEchoRequest)
    await fixture.pass(.minutes(5))
    #expect(try await fixture.sent() == .abort(.serviceUser))
    try await fixture.channel.close()
  }

  /// The socket of a peer that does not read: nothing leaves.
  private final class FullSocket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private var waiting: [EventLoopPromise<Void>?] = []
    var isWaiting: Bool { !waiting.isEmpty }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
      waiting.append(promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
      for promise in waiting { promise?.fail(ChannelError.ioOnClosedChannel) }
    }
  }

  @Test func aPeerThatStopsReadingOurAnswers() async throws {
    let (fixture, association) = try await Fixture.established()
    let (channel, eventLoop) = (fixture.channel, fixture.channel.testingEventLoop)
    let socket = try await eventLoop.executeInContext {
      let socket = FullSocket()
      try channel.pipeline.syncOperations.addHandler(socket, position: .first)
      return NIOLoopBound(socket, eventLoop: channel.eventLoop)
    }
    try await fixture.receive(.data([.command(.probeEcho)]))
    _ = try await association.nextRequest()
    let answer = Task { try await association.respond(.response(to: .probeEcho, status: .success), on: 1) }
    while try await !eventLoop.executeInContext({ socket.value.isWaiting }) { await eventLoop.run() }
    await fixture.pass(TimeAmount(AssociationTimeouts().write) - .seconds(1))
    #expect(channel.isActive)
    await fixture.pass(.seconds(2))
    #expect(!channel.isActive)
    await #expect(throws: (any Error).self) { try await answer.value }
  }

  @Test func noAnswerToOurRequestForAnAssociation() async throws {
    let fixture = try await Fixture.requestor()
    guard case .associateRequest? = try await fixture.sent() else { throw Fixture.Failure() }
    await fixture.pass(.seconds(30))
    #expect(try await fixture.sent() == .abort(.serviceUser))
    await fixture.pass(.seconds(1))
    #expect(!fixture.channel.isActive)
  }

  /// Events on an association that we opened, after which the peer is silent.
  private func opened() async throws -> (Fixture, Association) {
    let fixture = try await Fixture.requestor()
    guard case .associateRequest(let request)? = try await fixture.sent(),
      case .asRequestor(_, let promise) = try await fixture.channel.testingEventLoop.executeInContext({
        fixture.handler.value.opening
      })
    else { throw Fixture.Failure() }
    try await fixture.receive(.associateAccept(AcceptorPolicy.everything.answer(request).accept))
    return (fixture, try await promise.futureResult.get())
  }

  @Test func noResponse() async throws {
    let (fixture, association) = try await opened()
    async let sent = association.send(.probeEcho, on: 1, timeout: .seconds(10))
    while try await fixture.sent() == nil { await fixture.channel.testingEventLoop.run() }
    await fixture.pass(.seconds(10))
    #expect(try await fixture.sent() == .abort(.serviceUser))
    do {
      _ = try await sent
      Issue.record("must throw")
    } catch AssociationError.timedOut {}
    try await fixture.channel.close()
  }

  @Test func noResponseToARelease() async throws {
    let (fixture, association) = try await opened()
    async let released: Void = association.release(timeout: .seconds(10))
    while try await fixture.sent() == nil { await fixture.channel.testingEventLoop.run() }
    await fixture.pass(.seconds(10))
    #expect(try await fixture.sent() == .abort(.serviceUser))
    await fixture.pass(.seconds(1))
    await released
    #expect(!fixture.channel.isActive)
  }
}
