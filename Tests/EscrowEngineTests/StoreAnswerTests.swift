import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import EscrowTesting
import Testing

/// Destinations that answer C-STORE wrongly, never, or with no, over real sockets.
@Suite struct StoreAnswerTests {
  private func deliver(
    adapt: (inout Peer) -> Void = { _ in }, _ script: (RunningEngine, ScriptedPeerListener) async throws -> Void
  ) async throws {
    let listener = try await ScriptedPeerListener()
    let peers: [Peer] = [.scanner, .archive(port: listener.port, adapt: adapt)]
    try await RunningEngine.run(peers: peers, routes: [.everything(proof: .response)]) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(SampleInstance(seed: 9, pixelBytes: 600_000)) == .success)
      try await script(engine, listener)
    }
    try await listener.close()
  }

  /// The instance is sent again, whole, and one success ends it.
  private func isSentAgain(_ engine: RunningEngine, _ listener: ScriptedPeerListener) async throws {
    let honest = try await listener.acceptAssociation(skippingEchoes: true)
    try await honest.answer(honest.takeMessage().command, .success)
    try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
    #expect(try await engine.delivery().attempts == 2)
  }

  @Test func anAnswerToAnotherMessageIsNone() async throws {
    try await deliver { engine, listener in
      let liar = try await listener.acceptAssociation()
      var command = try await liar.takeMessage().command
      command.messageID = (command.messageID ?? 0) + 1
      try await liar.answer(command, .success)
      try await liar.skipToEnd()
      try await isSentAgain(engine, listener)
    }
  }

  @Test func silenceIsAnUnknownOutcome() async throws {
    try await deliver(adapt: { $0.timeouts.store = .seconds(30) }) { engine, listener in
      let silent = try await listener.acceptAssociation()
      _ = try await silent.takeMessage()
      try await silent.skipToEnd()
      try await isSentAgain(engine, listener)
    }
  }

  @Test(arguments: [true, false]) func anAssociationThatEndsWithoutAnAnswerIsAnUnknownOutcome(
    byAbort: Bool
  ) async throws {
    try await deliver { engine, listener in
      let peer = try await listener.acceptAssociation()
      _ = try await peer.takeCommand()
      if byAbort { try await peer.send(.abort(.serviceUser)) } else { try await peer.close() }
      try await isSentAgain(engine, listener)
    }
  }

  /// PS3.7 §9.1.1: a failure may be told before the whole data set was sent; there is nothing to wait for then.
  @Test func aFailureBeforeTheWholeInstanceIsTaken() async throws {
    let listener = try await ScriptedPeerListener(stopsAtCommands: true)
    let large = SampleInstance(seed: 9, pixelBytes: 30_000_000)
    try await RunningEngine.run(
      peers: [.scanner, .archive(port: listener.port)], routes: [.everything(proof: .response)]
    ) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(large) == .success)
      let archive = try await listener.acceptAssociation()
      let command = try await archive.takeCommand()
      try await archive.answer(command, .dataSetDoesNotMatchSOPClass)
      try await archive.resumeReading()
      try await archive.skipToEnd()
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      #expect(try await engine.delivery().attempts == 1)
    }
    try await listener.close()
  }

  /// How often an instance is offered that the destination does not understand, or fails to process.
  @Test(arguments: [(0xC000, 4), (0xC210, 4), (0x0110, 11), (0x0210, 2)])
  func doubtfulFailuresAreTriedSoOften(status: Int, attempts: Int) async throws {
    try await TestArchive.run { archive in
      let status = Status(rawValue: UInt16(status))
      archive.answerStores(Array(repeating: status, count: 20))
      let destination = Peer.archive(port: archive.port) {
        $0.retry = RetryPolicy(first: .milliseconds(5), max: .milliseconds(20))
      }
      try await RunningEngine.run(peers: [.scanner, destination], routes: [.everything(proof: .response)]) { engine in
        let scanner = try await engine.associate().peer
        #expect(try await scanner.store(SampleInstance()) == .success)
        try await engine.eventually("failed") { try await engine.delivery().state == .failed }
        #expect(archive.stored.count == attempts)
        #expect(try await engine.ledger.alarms().map(\.kind) == [.deliveryFailed])
      }
    }
  }

  /// The destination is at fault, not the instance: what else was claimed goes back untried, nothing counts.
  @Test(arguments: [0xA700, 0xA7FF, 0x0213]) func aFullDestinationIsTriedAgainWithoutLimit(status: Int) async throws {
    try await TestArchive.run { archive in
      archive.closeGateForStores()
      let full = Status(rawValue: UInt16(status))
      archive.answerStores([full, full, full])
      let samples = CommitmentScene.samples(3)
      try await RunningEngine.run(
        peers: [.scanner, .archive(port: archive.port)], routes: [.everything(proof: .response)]
      ) { engine in
        for sample in samples {
          let scanner = try await engine.associate().peer
          #expect(try await scanner.store(sample) == .success)
        }
        archive.openGate()
        try await engine.eventually("all delivered") {
          try await engine.ledger.count(DeliveryFilter(states: [.delivered])) == samples.count
        }
        let deliveries = try await engine.ledger.deliveries(DeliveryFilter(), page: PageRequest()).items.map(\.delivery)
        #expect(deliveries.map(\.doubtfulFailures) == [0, 0, 0])
        #expect(deliveries.map(\.attempts).reduce(0, +) == 6, "three stored, three refused, none that was not offered")
        let last = try await engine.ledger.trace(samples[2].sop.instanceUID).attempts.map(\.result)
        #expect(last.contains("returned") && last.last == "stored")
      }
    }
  }

  /// A file that is gone fails what waits elsewhere too, since it cannot be sent there either.
  @Test func aLostFileFailsWhatIsQueuedForOthers() async throws {
    let listener = try await ScriptedPeerListener()
    let closed = try await ScriptedPeerListener()
    try await closed.close()
    var other = Peer.archive(port: closed.port)
    other.name = "other"
    other.aeTitle = "OTHER"
    let route = Route(
      name: "both", match: .all([]),
      sends: [.init(to: "archive", proof: .response), .init(to: "other", proof: .response)])
    try await RunningEngine.run(peers: [.scanner, .archive(port: listener.port), other], routes: [route]) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(SampleInstance()) == .success)
      let archive = try await listener.accept()
      try engine.deleteSpooled(engine.spooledFiles())
      try await archive.acceptProposal()
      try await engine.eventually("both failed") {
        try await engine.ledger.count(DeliveryFilter(states: [.failed])) == 2
      }
      let deliveries = try await engine.ledger.deliveries(DeliveryFilter(), page: PageRequest()).items.map(\.delivery)
      #expect(deliveries.allSatisfy { $0.reason == Consignment.damaged })
      #expect(try await engine.ledger.alarms().contains { $0.kind == .instanceDamaged })
    }
    try await listener.close()
  }

  // MARK: What a copy that is not as it was sent means

  /// B006: the destination dropped elements; its copy is none, unless the route says so.
  @Test(arguments: [Proof.response, .commitment], [true, false])
  func aCopyOfWhichElementsWereDroppedIsPurgedOnlyWhereTheRouteSaysSo(
    proof: Proof, acceptDiscarded: Bool
  ) async throws {
    let route = Route(
      name: "r", match: .all([]), sends: [.init(to: "archive", proof: proof)], retention: .after(.zero),
      acceptDiscarded: acceptDiscarded)
    try await CommitmentScene.run(routes: [route]) { scene in
      scene.archive.answerStores([.elementsDiscarded])
      try await scene.store()
      if proof == .commitment { try await scene.commit(scene.request(1)) }
      try await scene.engine.eventually("settled") {
        let delivery = try await scene.delivery()
        return delivery.state == .delivered && delivery.discardedElements
      }
      guard !acceptDiscarded else {
        return try await scene.engine.eventually("purged") { try await scene.instance().state == .purged }
      }
      #expect(try await scene.engine.ledger.beginPurge(limit: 10, now: .now() + .hours(1000)).isEmpty)
      #expect(try await scene.instance().state == .settled)
      #expect(try scene.engine.spooledFiles().count == 1)
    }
  }

  /// 0111: no proof by itself, since what is there may be other content.
  @Test(arguments: [true, false]) func aRefusedDuplicateIsStoredOnlyWhereThePeerIsDeclaredSo(
    isDeclared: Bool
  ) async throws {
    let route = Route(
      name: "r", match: .all([]), sends: [.init(to: "archive", proof: .response)], retention: .after(.zero))
    try await CommitmentScene.run(routes: [route], adapt: { $0.duplicateIsStored = isDeclared }) { scene in
      scene.archive.answerStores([.duplicateSOPInstance])
      try await scene.store()
      guard !isDeclared else {
        return try await scene.engine.eventually("purged") { try await scene.instance().state == .purged }
      }
      try await scene.waits(for: .failed)
      #expect(try await scene.delivery().reason == "duplicate")
      #expect(try await scene.engine.ledger.beginPurge(limit: 10, now: .now() + .hours(1000)).isEmpty)
      #expect(try scene.engine.spooledFiles().count == 1)
    }
  }

  /// Where commitment decides, a duplicate is asked for like anything else, and a success of the report proves it.
  @Test func aRefusedDuplicateIsAskedForWhereCommitmentDecides() async throws {
    try await CommitmentScene.run { scene in
      scene.archive.answerStores([.duplicateSOPInstance])
      try await scene.store()
      let request = try await scene.request(1)
      try await scene.commit(request)
      #expect(try await scene.delivery().state == .delivered)
    }
  }
}
