import DICOMNetwork
import DICOMProtocol
import EscrowTesting
import NIOCore
import Testing

@Suite struct ListenerTests {
  private static func limits(_ change: (inout ListenerLimits) -> Void) -> ListenerLimits {
    var limits = ListenerLimits()
    limits.timeouts.linger = .milliseconds(5)
    change(&limits)
    return limits
  }

  @Test func tooManyFromOneAddressAreDropped() async throws {
    try await withListener(limits: Self.limits { $0.associationsPerAddress = 2 }) { _, port in
      let first = try await ScriptedPeer.associated(with: port)
      let second = try await ScriptedPeer.associated(with: port)
      #expect(try await ScriptedPeer.connect(to: port).next() == nil)
      try await second.close()
      try await first.send(.probeEcho)
      #expect(try await first.nextCommand().statusCode == .success)
    }
  }

  @Test(arguments: [true, false])
  func lastSlotsAreForThoseWhoMayHaveThem(mayTake: Bool) async throws {
    let limits = Self.limits {
      $0.associations = 2
      $0.reserved = 1
    }
    try await withListener(ProbeService(mayTakeReservedSlot: mayTake), limits: limits) { _, port in
      let first = try await ScriptedPeer.associated(with: port)
      let second = try await ScriptedPeer.connect(to: port)
      try await second.send(.associateRequest(Proposal.probe.request))
      let answer = try await second.next()
      if mayTake {
        guard case .associateAccept? = answer else { throw ScriptDeparture(expected: "A-ASSOCIATE-AC") }
        let third = try await ScriptedPeer.connect(to: port)
        try await third.send(.associateRequest(Proposal.probe.request))
        #expect(try await third.next() == .associateReject(.localLimitExceeded))
      } else {
        #expect(answer == .associateReject(.localLimitExceeded))
      }
      try await first.send(.probeEcho)
      #expect(try await first.nextCommand().statusCode == .success)
    }
  }

  @Test func drainingEndsIdleAssociationsAtOnceAndOthersAfterTheirAnswer() async throws {
    let requests = Events<Void>()
    let answers = Events<Void>()
    let service = ProbeService(serve: { association in
      while let request = try await association.nextRequest() {
        requests.add(())
        try await answers.next()
        try await association.respond(.response(to: request.command, status: .success), on: request.context.id)
      }
    })
    try await withListener(service, limits: Self.limits { _ in }) { listener, port in
      let idle = try await ScriptedPeer.associated(with: port)
      let busy = try await ScriptedPeer.associated(with: port)
      let unread = try await ScriptedPeer.connect(to: port)
      try await busy.send(.probeEcho)
      try await requests.next()
      listener.drain()
      #expect(try await idle.rest() == [.abort(.serviceUser)])
      #expect(try await unread.next() == nil)
      answers.add(())
      #expect(try await busy.nextCommand().statusCode == .success)
      #expect(try await busy.next() == .abort(.serviceUser))
      await #expect(throws: (any Error).self) { try await ScriptedPeer.connect(to: port) }
    }
  }

  @Test func cancellingAbortsEverything() async throws {
    let peer = try await withListener(limits: Self.limits { _ in }) { _, port in
      try await ScriptedPeer.associated(with: port)
    }
    #expect(try await peer.rest() == [.abort(.serviceUser)])
  }

  @Test func nothingIsLeftOfHundreds() async throws {
    let ended = Events<Void>()
    let associations = Events<WeakAssociation>()
    let service = ProbeService(
      handling: { _, _ in .stream(PatternReceiver()) },
      serve: { association in
        associations.add(WeakAssociation(association))
        try await ProbeService.answerAll(association)
      }, ended: { _ in ended.add(()) })
    try await withListener(service, limits: Self.limits { $0.associationsPerAddress = 200 }) { listener, port in
      for round in 0..<400 {
        let peer = try await ScriptedPeer.associated(with: port)
        switch round % 4 {
        case 0: try await peer.send(.abort(.serviceUser))
        case 1: try await peer.send(.probeStore, dataSet: [1, 2], on: 3)
        case 2: try await peer.send(.data([.command(.probeStore, on: 3)]))
        default: try await peer.send(bytes: [4, 0, 0])
        }
        try await peer.close()
        try await ended.next()
      }
      for _ in 0..<400 {
        let association = try await associations.next()
        await association.gone()
      }
      while listener.openConnections > 0 { await Task.yield() }
    }
  }
}

/// To see that an association is let go.
private final class WeakAssociation: Sendable {
  private let isGone: @Sendable () -> Bool

  init(_ association: Association) {
    isGone = { [weak association] in association == nil }
  }

  func gone() async {
    while !isGone() { await Task.yield() }
  }
}
