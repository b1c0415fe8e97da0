import DICOM
import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import EscrowTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import EscrowEngine

/// Another reading of the configuration is put into force while the engine runs.
@Suite struct RuleChangeTests {
  private static let sample = SampleInstance(seed: 21, pixelBytes: 200_000)
  private struct Unprepared: Error {}

  @Test func theNextInstanceIsRoutedByTheNewRoutes() async throws {
    let listener = try await ScriptedPeerListener()
    let archive = Peer.archive(port: listener.port)
    try await RunningEngine.run(peers: [.scanner, archive]) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(Self.sample) == .success)
      #expect(try await engine.ledger.status().instances[.held] == 1)
      let result = try await engine.reload { $0.routes = RouteTable(routes: [.everything(proof: .response)]) }
      #expect(
        result
          == RuleChange.Result(routes: 1, peers: 2, held: 1, examined: 1, wouldMatch: 1, restartNeeded: []))
      #expect(try await engine.ledger.status().instances[.held] == 1, "a reload moves nothing")
      // The same association goes on.
      #expect(try await scanner.store(SampleInstance(seed: 22)) == .success)
      let (command, _) = try await listener.acceptAssociation().takeMessage()
      #expect(command.affectedSOPInstanceUID == SampleInstance(seed: 22).sop.instanceUID)
    }
    try await listener.close()
  }

  @Test func anInstanceIsRoutedByTheRoutesThatItsHeaderWasReadFor() async throws {
    let archive = Peer.archive(port: 9)
    let modality = Condition(.attribute(.modality), name: "Modality", patterns: [try Pattern("!MR")])
    let protocolName = Condition(.attribute(.studyDescription), name: "StudyDescription", patterns: [try Pattern("!x")])
    let before = Route(name: "before", match: .all([modality]), sends: [.init(to: "archive", proof: .response)])
    let after = Route(name: "after", match: .all([protocolName]), sends: [.init(to: "archive", proof: .commitment)])
    try await RunningEngine.run(peers: [.scanner, archive], routes: [before]) { engine in
      let scanner = try await engine.associate().peer
      let large = SampleInstance(seed: 23, pixelBytes: 8_000_000)
      let bytes = large.dataSet
      let half = 65_536 * 64
      try await scanner.send(.storeRequest(sop: large.sop, messageID: 1), on: 3)
      for start in stride(from: 0, to: half, by: 65_536) {
        try await scanner.send(fragment: Array(bytes[start..<start + 65_536]), isLast: false, on: 3)
      }
      try await engine.eventually("the file is begun") { try !engine.spooledFiles().isEmpty }
      try await engine.reload { $0.routes = RouteTable(routes: [after]) }
      for start in stride(from: half, to: bytes.count, by: 65_536) {
        let end = min(start + 65_536, bytes.count)
        try await scanner.send(fragment: Array(bytes[start..<end]), isLast: end == bytes.count, on: 3)
      }
      #expect(try await scanner.nextCommand().statusCode == .success)
      #expect(try await engine.delivery().routes == ["before"])
    }
  }

  @Test func aDestinationThatMovedGetsWhatWaited() async throws {
    let listener = try await ScriptedPeerListener()
    // Nobody listens on port 9, and the next try would be after an hour.
    let away = Peer.archive(port: 9) { $0.retry = RetryPolicy(first: .hours(1), max: .hours(2)) }
    try await RunningEngine.run(peers: [.scanner, away], routes: [.everything(proof: .response)]) { engine in
      #expect(try await engine.associate().peer.store(Self.sample) == .success)
      try await engine.eventually("down") { engine.context.destinations["archive"]?.health.current.downSince != nil }
      let downSince = engine.context.destinations["archive"]?.health.current.downSince
      let destination = engine.context.destinations["archive"]
      try await engine.reload { $0.peers["ct9"] = Peer(name: "ct9", aeTitle: "CT9", addresses: AddressRange.loopback) }
      #expect(engine.context.destinations["archive"] === destination, "what did not change goes on as it is")
      try await engine.reload { $0.peers["archive"] = .archive(port: listener.port) }
      #expect(engine.context.destinations["archive"]?.port == listener.port)
      let health = engine.context.destinations["archive"]?.health.current
      #expect(health?.downSince == downSince || health?.downSince == nil, "its health is kept until it answers")
      let peer = try await listener.acceptAssociation(skippingEchoes: true)
      let (command, _) = try await peer.takeMessage()
      try await peer.answer(command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
      #expect(engine.context.destinations["archive"]?.health.current.downSince == nil)
    }
    try await listener.close()
  }

  @Test func whatIsBeingSentEndsOnTheAssociationItBeganOn() async throws {
    let old = try await ScriptedPeerListener()
    let new = try await ScriptedPeerListener()
    let large = SampleInstance(seed: 9, pixelBytes: 20_000_000)
    try await RunningEngine.run(
      peers: [.scanner, .archive(port: old.port)], routes: [.everything(proof: .response)]
    ) { engine in
      let scanner = try await engine.associate(toStore: large).peer
      #expect(try await scanner.store(large) == .success)
      let archive = try await old.acceptAssociation()
      _ = try await archive.takeCommand()
      try await engine.reload { $0.peers["archive"] = .archive(port: new.port) }
      #expect(try await scanner.store(Self.sample) == .success)
      let (next, _) = try await new.acceptAssociation(skippingEchoes: true).takeMessage()
      #expect(next.affectedSOPInstanceUID == Self.sample.sop.instanceUID)
      // The first one goes on as if nothing had happened.
      try await archive.takeDataSet()
      try await archive.send(
        .response(to: .storeRequest(sop: large.sop, messageID: 1), status: .success), on: 1)
      try await engine.eventually("the first is delivered") {
        let filter = DeliveryFilter(states: [.delivered], sopInstanceUID: large.sop.instanceUID)
        return try await engine.ledger.count(filter) == 1
      }
    }
    try await old.close()
    try await new.close()
  }

  @Test func anAssociationToADestinationThatWasReplacedIsNotKeptIdle() async throws {
    let listener = try await ScriptedPeerListener()
    let patient = Peer.archive(port: listener.port) { $0.timeouts.idle = .hours(1) }
    try await RunningEngine.run(peers: [.scanner, patient], routes: [.everything(proof: .response)]) { engine in
      #expect(try await engine.associate().peer.store(Self.sample) == .success)
      let archive = try await listener.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await engine.reload { $0.peers["archive"] = .archive(port: listener.port) }
      // Nothing tells when the old one's queue starts no senders any more.
      try await Task.sleep(for: .milliseconds(200))
      try await archive.answer(command, .success)
      let isReleased = NIOLockedValueBox(false)
      let end = Task {
        if case .releaseRequest? = try await archive.next() { isReleased.withLockedValue { $0 = true } }
      }
      defer { end.cancel() }
      try await engine.eventually("A-RELEASE-RQ") { isReleased.withLockedValue { $0 } }
      await archive.answerRelease()
    }
    try await listener.close()
  }

  @Test func whatTheOldOneGivesBackIsTakenUpAtOnce() async throws {
    let old = try await ScriptedPeerListener()
    try await StoringArchive.run { new in
      try await RunningEngine.run(
        peers: [.scanner, .archive(port: old.port)], routes: [.everything(proof: .response)]
      ) { engine in
        let operations = DestinationOperations(context: engine.context)
        try await operations.drain("archive", actor: "test", reason: "so that both are claimed at once")
        let scanner = try await engine.associate().peer
        let samples = [Self.sample, SampleInstance(seed: 22)]
        for sample in samples { #expect(try await scanner.store(sample) == .success) }
        #expect(try await operations.resume("archive", actor: "test", reason: nil))
        let archive = try await old.acceptAssociation()
        let (command, _) = try await archive.takeMessage()
        try await engine.reload { $0.peers["archive"] = .archive(port: new.port) }
        try await engine.eventually("the new one has looked in vain") {
          engine.context.destinations["archive"]?.hasWork == false
        }
        try await archive.answer(command, .success)
        try await engine.eventually("both are delivered") {
          try await engine.ledger.count(DeliveryFilter(states: [.delivered])) == 2
        }
        #expect(new[samples[1].sop.instanceUID] == samples[1].dataSet)
      }
    }
    try await old.close()
  }

  @Test func theQueueOfADestinationThatIsGoneIsKept() async throws {
    let listener = try await ScriptedPeerListener()
    let down = Peer.archive(port: 9)
    try await RunningEngine.run(peers: [.scanner, down], routes: [.everything(proof: .response)]) { engine in
      #expect(try await engine.associate().peer.store(Self.sample) == .success)
      try await engine.reload {
        $0.peers["archive"] = nil
        $0.routes = RouteTable(routes: [])
      }
      #expect(engine.context.destinations["archive"] == nil)
      let alarm = try #require(try await engine.ledger.alarms().first { $0.kind == .destinationMissing })
      #expect(alarm.subject == "archive" && alarm.text.hasPrefix("1 deliveries wait for archive"), "\(alarm.text)")
      #expect(try await engine.ledger.count(DeliveryFilter(states: [.queued, .sending])) == 1)
      try await engine.reload { $0.peers["archive"] = .archive(port: listener.port) }
      #expect(try await !engine.ledger.alarms().contains { $0.kind == .destinationMissing })
      let peer = try await listener.acceptAssociation(skippingEchoes: true)
      let (command, _) = try await peer.takeMessage()
      try await peer.answer(command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
    }
    try await listener.close()
  }

  @Test func whatIsBeingSentToADestinationThatIsGoneCountsAsWaiting() async throws {
    let listener = try await ScriptedPeerListener()
    try await RunningEngine.run(
      peers: [.scanner, .archive(port: listener.port)], routes: [.everything(proof: .response)]
    ) { engine in
      #expect(try await engine.associate().peer.store(Self.sample) == .success)
      let archive = try await listener.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await engine.reload {
        $0.peers["archive"] = nil
        $0.routes = RouteTable(routes: [])
      }
      let alarm = try #require(try await engine.ledger.alarms().first { $0.kind == .destinationMissing })
      #expect(alarm.text.hasPrefix("1 deliveries wait for archive"), "\(alarm.text)")
      try await archive.answer(command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
    }
    try await listener.close()
  }

  @Test func callersAreJudgedByTheNewPeers() async throws {
    try await RunningEngine.run { engine in
      let directory = engine.context.peers
      #expect(directory.rights(of: directory.caller("CT2", at: "127.0.0.1")).isEmpty)
      try await engine.reload { settings in
        settings.peers = ["ct2": Peer(name: "ct2", aeTitle: "CT2", host: "localhost", port: 104, allow: [.store])]
        settings.unknownPeers = [.echo]
      }
      // By what its host resolves to, from the first moment on.
      #expect(directory.rights(of: directory.caller("CT2", at: "127.0.0.1")) == [.store])
      #expect(directory.rights(of: directory.caller("CT1", at: "127.0.0.1")) == [.echo])
    }
  }

  @Test func nothingChangesWhenItCannotBePrepared() async throws {
    try await RunningEngine.run { engine in
      await #expect(throws: Unprepared.self) {
        try await engine.reload(preparing: { _ in throw Unprepared() }) { $0.peers = [:] }
      }
      #expect(engine.context.settings.peers.keys.map(\.rawValue) == ["ct1"])
      let status = try await engine.associate().peer.store(Self.sample)
      #expect(status == .success)
    }
  }

  @Test func nothingIsSentToOurselvesUnderAnOldPort() async throws {
    try await RunningEngine.run(adapt: { $0.dicom.port = 0 }) { engine in
      await #expect(throws: RuleConflict.self) {
        try await engine.reload {
          $0.dicom.port = 11112
          $0.peers["archive"] = Peer(name: "archive", aeTitle: "ESCROW", host: "127.0.0.1", port: 104)
          $0.routes = RouteTable(routes: [.everything(proof: .response)])
        }
      }
      let routes = try await engine.ledger.status()
      #expect(engine.context.settings.routes.routes.isEmpty && routes.instances.isEmpty)
    }
  }

  @Test func aRefusalOfCommitmentIsTriedAgain() async throws {
    try await CommitmentScene.run { scene in
      scene.archive.commitment(.refused)
      try await scene.store()
      try await scene.engine.eventually("an alarm") {
        try await scene.engine.ledger.alarms().contains { $0.kind == .commitmentRefused }
      }
      let delivery = try await scene.engine.delivery()
      #expect(delivery.state == .sent)
      let wait = try #require(delivery.notBefore)
      #expect(wait.since(.now()) > .hours(20))
      try await scene.engine.reload { _ in }
      let next = try await scene.engine.delivery()
      #expect(next.state != .sent || next.notBefore != wait, "\(next)")
    }
  }

  @Test func aRefusalOfQueriesIsTriedAgain() async throws {
    try await CommitmentScene.run(
      routes: [.everything(proof: .query)], adapt: { $0.query.policy.after = .milliseconds(1) }
    ) { scene in
      scene.archive.queried(false)
      try await scene.store()
      try await scene.engine.eventually("an alarm") { try await scene.alarms() == [.queryRefused] }
      #expect(try #require(try await scene.delivery().notBefore).since(.now()) > .hours(20))
      scene.archive.queried()
      scene.archive.answerQueries { query in
        TestArchive.FindAnswer(
          matches: query.uids.map {
            DataSet([
              DataElement(.queryRetrieveLevel, .cs, text: "IMAGE"), DataElement(.sopInstanceUID, uid: $0),
            ])
          })
      }
      try await scene.engine.reload { _ in }
      try await scene.waits(for: .delivered)
      #expect(try await scene.alarms() == [])
    }
  }

  @Test func aNameThatBecomesConfiguredIsTheConfigurations() async throws {
    try await RunningEngine.run { engine in
      let modalities = Modalities(context: engine.context)
      let named = NamedModality(name: "ws", aeTitle: "WS", host: "127.0.0.1", port: 9, allowed: ["AllowEcho"])
      try await modalities.keep(named, actor: "api")
      try await engine.reload { $0.peers["ct2"] = Peer(name: "ct2", aeTitle: "CT2", addresses: AddressRange.loopback) }
      #expect(engine.context.destinations["ws"]?.peer.port == 9, "it goes on to work")
      try await engine.reload { $0.peers["ws"] = Peer(name: "ws", aeTitle: "WS2", host: "127.0.0.1", port: 10) }
      #expect(engine.context.destinations["ws"]?.peer.aeTitle == "WS2")
      #expect(engine.context.peers.caller("WS", at: "127.0.0.1") == .stranger)
      try await engine.reload { $0.peers["ws"] = nil }
      #expect(engine.context.destinations["ws"]?.peer.aeTitle == "WS", "what was named before is there again")
    }
  }
}

extension RunningEngine {
  /// Puts the configuration in force, changed, into force.
  @discardableResult
  func reload(
    preparing prepare: (Settings) async throws -> Void = { _ in }, _ change: (inout Settings) -> Void
  ) async throws -> RuleChange.Result {
    var settings = context.settings
    change(&settings)
    return try await RuleChange(to: settings, context: context).apply(by: "test", preparing: prepare)
  }
}

extension ScriptedPeer {
  /// Takes a data set to its end.
  fileprivate func takeDataSet() async throws {
    while let pdu = try await next() {
      guard case .data(let values) = pdu else { break }
      if values.contains(where: { !$0.isCommand && $0.isLast }) { return }
    }
    throw ScriptDeparture(expected: "a data set to its end")
  }
}
