import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowTesting
import Testing

/// Examples in a whole engine, with real sockets and clocks that the test moves.
@Suite struct RouteExampleDeliveryTests {
  /// Runs an engine under an example, with the hospital's peers on this machine: destinations at `ports`, and one sender.
  private func run(
    _ example: String, sender: AETitle, ports: [PeerName: Int], clock: MovableClock,
    _ body: (RunningEngine) async throws -> Void
  ) async throws {
    let settings = try RouteExamples.settings([example])
    var peers = [Peer(name: "sender", aeTitle: sender, addresses: AddressRange.loopback, allow: [.echo, .store])]
    for (name, port) in ports {
      guard var peer = settings.peers[name] else { throw ScriptDeparture(expected: "a peer \(name)") }
      (peer.host, peer.port, peer.addresses) = ("127.0.0.1", port, nil)
      peer.retry = RetryPolicy(first: .milliseconds(50), max: .milliseconds(200))
      peers.append(peer)
    }
    try await RunningEngine.run(peers: peers, routes: settings.routes.routes, clock: clock.clock, body)
  }

  @Test func anEditedCopyLeavesInTheEvening() async throws {
    let sample = SampleInstance(
      pixelBytes: 300_000, extra: [DataElement(Tag(0x0008, 0x103E), .lo, text: "TEACHING lung")])
    let research = try await ScriptedPeerListener()
    let clock = MovableClock()
    let timetable = Timetable([try #require(TimeWindow("18:00-22:00"))], timeZone: "Europe/Vienna")
    if timetable.isOpen(at: clock.clock.now()) { clock.pass(.hours(5)) }
    try await run("teaching", sender: "CT1", ports: ["research": research.port], clock: clock) { engine in
      #expect(try await engine.associate(toStore: sample).peer.store(sample) == .success)
      try await engine.eventually("waiting") { try await engine.delivery().notBefore != nil }
      #expect(try await engine.delivery().reason == "waits for its window (18:00-22:00 Europe/Vienna)")
      let opening = try #require(try await engine.delivery().notBefore)
      #expect(timetable.isOpen(at: opening))
      clock.pass(opening.since(clock.clock.now()))
      engine.context.destinations["research"]?.noteWork()
      let peer = try await research.acceptAssociation()
      let (command, bytes) = try await peer.takeMessage()
      var expected = sample.content
      expected.set(DataElement(.patientName, .pn, text: "CASE"))
      expected.remove(.accessionNumber)
      #expect(
        try DataSet(decoding: bytes, as: .explicitLittleEndian)
          == DataSet(decoding: expected.encoded(as: .explicitLittleEndian), as: .explicitLittleEndian))
      try await peer.answer(command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
    }
    try await research.close()
  }

  @Test func theWorkstationGetsItAfterFiveMinutes() async throws {
    let (archive, workstation) = (try await ScriptedPeerListener(), try await ScriptedPeerListener())
    try await archive.close()
    let clock = MovableClock()
    let sample = SampleInstance(modality: .mr)
    try await run(
      "workstation-instead", sender: "MR1", ports: ["archive": archive.port, "workstation": workstation.port],
      clock: clock
    ) { engine in
      #expect(try await engine.associate(as: "MR1", toStore: sample).peer.store(sample) == .success)
      try await engine.eventually("down") { engine.context.destinations["archive"]?.health.current.downSince != nil }
      // Without this nothing would come to the workstation.
      clock.pass(.minutes(5))
      let peer = try await workstation.acceptAssociation()
      let (command, bytes) = try await peer.takeMessage()
      #expect(bytes == sample.dataSet)
      try await peer.answer(command, .success)
      try await engine.eventually("superseded") {
        let deliveries = try await engine.ledger.deliveries(DeliveryFilter(), page: PageRequest()).items.map(\.delivery)
        return deliveries.map(\.state) == [.superseded, .delivered]
      }
    }
    try await workstation.close()
  }

  @Test func whatIsHeldGoesNowhereUntilSomebodyHasLooked() async throws {
    let sample = SampleInstance(
      extra: [DataElement(.institutionName, .lo, text: ""), DataElement(Tag(0x0028, 0x0301), .cs, text: "YES")])
    try await run("hold-burned-in", sender: "CT1", ports: [:], clock: MovableClock()) { engine in
      #expect(try await engine.associate(toStore: sample).peer.store(sample) == .success)
      let held = try await engine.ledger.instances(InstanceFilter(states: [.held]), page: PageRequest()).items
      #expect(held.map(\.instance.sop) == [sample.sop])
      #expect(held.first?.instance.reason?.contains("look at it before it goes anywhere") == true)
      #expect(try await engine.ledger.count(DeliveryFilter()) == 0)
      #expect(try await engine.ledger.alarms().map(\.kind) == [.instanceHeld])
    }
  }
}
