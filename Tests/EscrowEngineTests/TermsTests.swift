import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import EscrowEngine
import EscrowTesting
import Testing

/// How instances are sent, as their routes say it, over real sockets.
@Suite struct TermsTests {
  private func run(
    _ terms: SendTerms, clock: EngineClock = .system, further: [Peer] = [], adapt: (inout Peer) -> Void = { _ in },
    _ body: (RunningEngine, ScriptedPeerListener) async throws -> Void
  ) async throws {
    let listener = try await ScriptedPeerListener()
    let route = Route(
      name: "r", match: .all([]), sends: [Route.Send(to: "archive", proof: .response, terms: terms)])
    let peers: [Peer] = [.scanner, .archive(port: listener.port, adapt: adapt)] + further
    try await RunningEngine.run(peers: peers, routes: [route], clock: clock) { engine in
      try await body(engine, listener)
    }
    // Some tests have closed it.
    try? await listener.close()
  }

  private func store(_ sample: SampleInstance, to engine: RunningEngine) async throws {
    let scanner = try await engine.associate(toStore: sample).peer
    #expect(try await scanner.store(sample) == .success)
  }

  @Test(arguments: [TransferSyntax.explicitLittleEndian, .implicitLittleEndian, .deflatedExplicitLittleEndian])
  func anEditedCopyArrivesAndOursStaysAsItCame(_ syntax: TransferSyntax) async throws {
    let sample = SampleInstance(pixelBytes: 700_000, transferSyntax: syntax)
    let edits = [
      Edit("PatientName", .set("Nobody")), Edit("PatientID", .replace(pattern: "^PID-", ignoresCase: false, by: "X$0")),
    ]
    try await run(SendTerms(edits: edits)) { engine, listener in
      try await store(sample, to: engine)
      let archive = try await listener.acceptAssociation()
      let (command, bytes) = try await archive.takeMessage()
      let received = try DataSet(decoding: bytes, as: syntax)
      var expected = sample.content
      expected.set(DataElement(.patientName, .pn, text: "Nobody"))
      expected.set(DataElement(.patientID, .lo, text: "XPID-1"))
      #expect(try received == DataSet(decoding: expected.encoded(as: syntax), as: syntax))
      #expect(command.affectedSOPInstanceUID == sample.sop.instanceUID)
      try await archive.answer(command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
      // Only an edited copy is there: ours stays.
      let instance = try #require(try await engine.ledger.instance(try await engine.delivery().instance))
      #expect(
        PurgeGuard.obstacle(Consignment(instance: instance, deliveries: [try await engine.delivery()]))
          == "kept: what archive has was edited on its way, and its route does not say acceptEdited")
    }
  }

  @Test func whatCannotBeEditedFailsAndDoesNotLeave() async throws {
    try await run(SendTerms(edits: [Edit("PatientName", .set("山田^太郎"))])) { engine, listener in
      try await store(SampleInstance(pixelBytes: 700_000), to: engine)
      let archive = try await listener.acceptAssociation()
      try await archive.skipToEnd()
      try await engine.eventually("failed") { try await engine.delivery().state == .failed }
      #expect(try await engine.delivery().reason == "cannotBeEdited")
      #expect(try await engine.delivery().lastError?.contains("山田^太郎") == true)
    }
  }

  @Test func whatHasAWindowWaitsForItAndSaysSo() async throws {
    let clock = MovableClock()
    let now = clock.clock.now()
    // A window of an hour that opens between one and two hours from now.
    let hour = Int((now.microseconds / 3_600_000_000 + 2) % 24)
    let text = "\(hour < 10 ? "0" : "")\(hour):00-\(hour < 9 ? "0" : "")\(hour + 1):00"
    let timetable = Timetable([try #require(TimeWindow(text))], timeZone: "UTC")
    try await run(SendTerms(timetable: timetable), clock: clock.clock) { engine, listener in
      try await store(SampleInstance(), to: engine)
      try await engine.eventually("waiting") { try await engine.delivery().notBefore != nil }
      #expect(try await engine.delivery().reason == "waits for its window (\(timetable))")
      let opening = try #require(try await engine.delivery().notBefore)
      #expect(opening == timetable.nextOpening(after: now))
      clock.pass(opening.since(now))
      engine.context.destinations["archive"]?.noteWork()
      let archive = try await listener.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await archive.answer(command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
    }
  }

  @Test func whatIsLimitedArrivesWhole() async throws {
    let sample = SampleInstance(pixelBytes: 600_000)
    try await run(SendTerms(maxRate: 2_000_000)) { engine, listener in
      try await store(sample, to: engine)
      let archive = try await listener.acceptAssociation()
      let (command, bytes) = try await archive.takeMessage()
      #expect(bytes == sample.dataSet)
      try await archive.answer(command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
    }
  }

  @Test func whenADestinationIsDownTheAlternativeGetsIt() async throws {
    let other = try await ScriptedPeerListener()
    let alternative = Peer(name: "archive2", aeTitle: "ARCHIVE2", host: "127.0.0.1", port: other.port)
    try await run(
      SendTerms(alternative: .init("archive2")), further: [alternative], adapt: { $0.failoverAfter = .milliseconds(1) }
    ) { engine, listener in
      try await listener.close()
      try await store(SampleInstance(), to: engine)
      let archive = try await other.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await archive.answer(command, .success)
      try await engine.eventually("superseded") {
        let deliveries = try await engine.ledger.deliveries(DeliveryFilter(), page: PageRequest()).items.map(\.delivery)
        return deliveries.map(\.state) == [.superseded, .delivered]
      }
    }
    try await other.close()
  }

  /// A pending status, or that an operation was cancelled or is known already, answers no C-STORE: it may be there.
  @Test(arguments: [0xFF00, 0xFF01, 0xFE00, 0x0210] as [UInt16])
  func whatGotAnAnswerThatIsNoneGoesNowhereElse(status: UInt16) async throws {
    let other = try await ScriptedPeerListener()
    let alternative = Peer(name: "archive2", aeTitle: "ARCHIVE2", host: "127.0.0.1", port: other.port)
    try await run(
      SendTerms(alternative: .init("archive2")), further: [alternative], adapt: { $0.failoverAfter = .milliseconds(1) }
    ) { engine, listener in
      try await store(SampleInstance(), to: engine)
      let archive = try await listener.acceptAssociation()
      let (command, _) = try await archive.takeMessage()
      try await listener.close()
      try await archive.answer(command, Status(rawValue: status))
      try await engine.eventually("waiting") {
        let delivery = try await engine.delivery()
        return delivery.state == .queued && delivery.lastError != nil
      }
      #expect(try await engine.delivery().mayBeThere)
      #expect(try await engine.ledger.replace(at: "archive", limit: 10, now: engine.context.clock.now()) == 0)
      #expect(try await engine.ledger.count(DeliveryFilter(destinations: ["archive2"])) == 0)
    }
    try await other.close()
  }

  @Test func whatMayHaveArrivedGoesNowhereElse() async throws {
    let other = try await ScriptedPeerListener()
    let alternative = Peer(name: "archive2", aeTitle: "ARCHIVE2", host: "127.0.0.1", port: other.port)
    try await run(
      SendTerms(alternative: .init("archive2")), further: [alternative], adapt: { $0.failoverAfter = .milliseconds(1) }
    ) { engine, listener in
      try await store(SampleInstance(), to: engine)
      let archive = try await listener.acceptAssociation()
      _ = try await archive.takeMessage()
      try await archive.close()
      try await listener.close()
      try await engine.eventually("down") { engine.context.destinations["archive"]?.health.current.downSince != nil }
      // Once more than upkeep needs to look at it.
      try await engine.eventually("looked at") { try await engine.delivery().mayBeThere }
      #expect(try await engine.ledger.replace(at: "archive", limit: 10, now: engine.context.clock.now()) == 0)
      #expect(try await engine.ledger.count(DeliveryFilter(destinations: ["archive2"])) == 0)
    }
    try await other.close()
  }
}
