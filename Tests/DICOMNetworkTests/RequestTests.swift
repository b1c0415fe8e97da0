import DICOMNetwork
import DICOMProtocol
import EscrowTesting
import NIOCore
import Testing

/// Requests that a peer sends us, and how they and the association end.
@Suite struct RequestTests {
  private static let limits: ListenerLimits = {
    var limits = ListenerLimits()
    limits.timeouts.linger = .milliseconds(5)
    return limits
  }()

  @Test func requestsAreServedInOrder() async throws {
    let ended = Events<Bool>()
    try await withListener(ProbeService(ended: { ended.add($0 == nil) })) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      for id in UInt16(1)...3 {
        try await peer.send(.echoRequest(messageID: id))
        let response = try await peer.nextCommand()
        #expect(response.messageIDBeingRespondedTo == id && response.statusCode == .success)
      }
      try await peer.send(.releaseRequest)
      #expect(try await peer.next() == .releaseResponse)
      try await peer.close()
      #expect(try await ended.next())
    }
  }

  @Test func closeWithNothingOpenIsAnEndInOrder() async throws {
    let ended = Events<Bool>()
    try await withListener(ProbeService(ended: { ended.add($0 == nil) })) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      try await peer.send(.probeEcho)
      _ = try await peer.nextCommand()
      try await peer.close()
      #expect(try await ended.next())
    }
  }

  @Test(arguments: [true, false])
  func endInsideADataSetAbandonsItOnce(byAbort: Bool) async throws {
    let receiver = PatternReceiver()
    let ended = Events<Bool>()
    let service = ProbeService(handling: { _, _ in .stream(receiver) }, ended: { ended.add($0 == nil) })
    try await withListener(service) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      try await peer.send(.data([.command(.probeStore, on: 3)]))
      try await peer.send(fragment: PatternSource.bytes(1000), isLast: false, on: 3)
      #expect(try await receiver.events.next() == .fragment)
      if byAbort { try await peer.send(.abort(.serviceUser)) }
      try await peer.close()
      #expect(try await receiver.events.next() == .abandoned)
      #expect(try await ended.next() == false)
      receiver.events.add(.fragment)
      #expect(try await receiver.events.next() == .fragment, "abandoned only once")
    }
  }

  @Test func receiverThatHasEnoughHoldsTheSocket() async throws {
    let receiver = PatternReceiver(pausesAfter: 1)
    let resumptions = Events<@Sendable () -> Void>()
    let service = ProbeService(handling: { _, resume in
      resumptions.add(resume)
      return .stream(receiver)
    })
    try await withListener(service) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      let bytes = PatternSource.bytes(30_000_000)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await peer.send(.data([.command(.probeStore, on: 3)]))
          for start in stride(from: 0, to: bytes.count, by: 100_000) {
            let fragment = Array(bytes[start..<start + 100_000])
            try await peer.send(fragment: fragment, isLast: start + 100_000 == bytes.count, on: 3)
          }
        }
        let resume = try await resumptions.next()
        for number in 1...300 {
          #expect(try await receiver.events.next() == .fragment)
          #expect(receiver.count == number * 100_000, "nothing may come before the receiver asks for it")
          resume()
        }
        #expect(try await peer.nextCommand().statusCode == .success)
        try await group.waitForAll()
      }
      #expect(receiver.count == bytes.count && receiver.isRight)
    }
  }

  /// What nobody takes is read to its end, so that it is answered, but not for ever.
  @Test(arguments: [true, false]) func whatIsNotTakenMayNotGoOnForEver(failsInTheMiddle: Bool) async throws {
    let receiver = PatternReceiver(isDropping: true)
    let service = ProbeService(handling: { _, _ in failsInTheMiddle ? .stream(receiver) : .discard })
    var limits = ListenerLimits()
    limits.drained = 1_000_000
    try await withListener(service, limits: limits) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      let piece = PatternSource.bytes(100_000)
      try await peer.send(.data([.command(.probeStore, on: 3)]))
      for number in 1...10 { try await peer.send(fragment: piece, isLast: number == 10, on: 3) }
      #expect(try await peer.nextCommand().statusCode == .success)
      try await peer.send(.data([.command(.probeStore, on: 3)]))
      for _ in 1...10 { try await peer.send(fragment: piece, isLast: false, on: 3) }
      try await peer.send(fragment: [1, 2], isLast: false, on: 3)
      #expect(try await peer.next() == .abort(.notSpecified))
    }
  }

  @Test func tooLargeForMemoryIsDrained() async throws {
    let bodies = Events<Bool>()
    let service = ProbeService(
      handling: { _, _ in .collect(maximum: 100) },
      serve: { association in
        while let request = try await association.nextRequest() {
          if case .tooLarge = request.body { bodies.add(true) } else { bodies.add(false) }
          try await association.respond(.response(to: request.command, status: .success), on: request.context.id)
        }
      })
    try await withListener(service) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      for (length, isTooLarge) in [(100, false), (102, true), (0, false)] {
        try await peer.send(.probeStore, dataSet: PatternSource.bytes(length), on: 3)
        #expect(try await bodies.next() == isTooLarge)
        #expect(try await peer.nextCommand().statusCode == .success)
      }
    }
  }

  @Test func cancelRequestsAreIgnored() async throws {
    try await withListener { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      try await peer.send(CommandSet(field: .cCancelRequest, messageIDBeingRespondedTo: 1))
      try await peer.send(.probeEcho)
      #expect(try await peer.nextCommand().field == .cEchoResponse)
    }
  }

  @Test func aRequestWhileAnotherIsUnansweredIsRefusedThenAborted() async throws {
    let requests = Events<IncomingMessage>()
    let service = ProbeService(serve: { association in
      while let request = try await association.nextRequest() { requests.add(request) }
    })
    try await withListener(service, limits: Self.limits) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      for id in UInt16(1)...2 { try await peer.send(.echoRequest(messageID: id)) }
      let refusal = try await peer.nextCommand()
      #expect(refusal.messageIDBeingRespondedTo == 2 && refusal.statusCode == .duplicateInvocation)
      #expect(try await requests.next().command.messageID == 1)
      try await peer.send(.echoRequest(messageID: 3))
      #expect(try await peer.rest() == [.abort(.unexpectedPDU)])
    }
  }

  @Test func releaseWhileUnansweredIsAnsweredAfterTheResponse() async throws {
    let requests = Events<IncomingMessage>()
    let answers = Events<Void>()
    let service = ProbeService(serve: { association in
      while let request = try await association.nextRequest() {
        requests.add(request)
        try await answers.next()
        try await association.respond(.response(to: request.command, status: .success), on: request.context.id)
      }
    })
    try await withListener(service) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      try await peer.send(.probeEcho)
      try await peer.send(.releaseRequest)
      _ = try await requests.next()
      answers.add(())
      #expect(try await peer.nextCommand().field == .cEchoResponse)
      #expect(try await peer.next() == .releaseResponse)
    }
  }

  @Test func associationLeftOpenByTheServiceIsAborted() async throws {
    try await withListener(ProbeService(serve: { _ in }), limits: Self.limits) { _, port in
      let peer = try await ScriptedPeer.associated(with: port)
      #expect(try await peer.rest() == [.abort(.serviceUser)])
    }
  }

  @Test func peerThatGoesAwayBeforeTheAnswer() async throws {
    let requests = Events<Void>()
    let answers = Events<Void>()
    let ended = Events<(any Error)?>()
    let service = ProbeService(
      serve: { association in
        guard let request = try await association.nextRequest() else { return }
        requests.add(())
        try await answers.next()
        try await association.respond(.response(to: request.command, status: .success), on: 1)
      }, ended: { ended.add($0) })
    try await withListener(service) { listener, port in
      let peer = try await ScriptedPeer.associated(with: port)
      try await peer.send(.probeEcho)
      try await requests.next()
      try await peer.send(.abort(.serviceUser))
      #expect(try await peer.next() == nil)
      answers.add(())
      guard case AssociationError.aborted(.serviceUser, byPeer: true)? = try await ended.next() else {
        Issue.record("the abort must reach whoever answers")
        return
      }
    }
  }
}
