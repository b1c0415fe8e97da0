import DICOM
import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowSpool
import EscrowTesting
import NIOPosix
import Testing

/// What an operator changes by hand, with the engine at work.
@Suite struct OperatingTests {
  private static let order = BulkOrder(actor: "admin", reason: "because")

  /// Puts a sample into the spool and on record as held, as an earlier run without a fitting route would have.
  private func hold(_ sample: SampleInstance, in ledger: any Ledger, _ settings: Settings) async throws {
    let now = Timestamp.now()
    let source = Source(callingAE: "CT1", calledAE: "ESCROW", address: "127.0.0.1", peer: "ct1", association: "a-1")
    let spool = try Spool.open(path: settings.spool.path, pool: .singleton)
    let id = InstanceID.new(at: now)
    var file = try spool.file(
      id: id, sop: sample.sop, transferSyntax: sample.transferSyntax.uid, source: source, receivedAt: now)
    try sample.dataSet.withUnsafeBytes { try file.write($0) }
    let written = try file.complete()
    let admission = Admission(
      id: id, sop: sample.sop, transferSyntax: sample.transferSyntax.uid, attributes: InstanceAttributes(),
      source: source, receivedAt: now, dataSetLength: Int64(sample.dataSet.count), digest: written.digest,
      plan: RoutingPlan(deliveries: [], hold: "no route took it"))
    _ = try await ledger.admit(admission, now: now)
  }

  @Test(arguments: [2048, 3_000_000])
  func whatIsHeldGoesWhereTheRoutesWantItNow(pixelBytes: Int) async throws {
    let sample = SampleInstance(pixelBytes: pixelBytes)
    let listener = try await ScriptedPeerListener()
    try await RunningEngine.run(
      peers: [.scanner, .archive(port: listener.port)], routes: [try .modality("CT")],
      prepare: { try await hold(sample, in: $0, $1) }
    ) { engine in
      let changes = OperatorChanges(context: engine.context)
      var dry = Self.order
      dry.dryRun = true
      let would = try await changes.reroute(InstanceFilter(states: [.held]), by: dry)
      #expect(would == BulkResult(matched: 1, changed: 1))
      #expect(try await engine.instance().state == .held)
      let done = try await changes.reroute(InstanceFilter(states: [.held]), by: Self.order)
      #expect(done == BulkResult(matched: 1, changed: 1))
      let archive = try await listener.acceptAssociation()
      let (command, bytes) = try await archive.takeMessage()
      #expect(bytes == sample.dataSet)
      try await archive.answer(command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
      #expect(try await engine.ledger.alarms().isEmpty)
    }
    try await listener.close()
  }

  @Test func whatNoRouteTakesStaysHeld() async throws {
    try await RunningEngine.run(
      routes: [try .modality("MR")], prepare: { try await hold(SampleInstance(), in: $0, $1) }
    ) { engine in
      let result = try await OperatorChanges(context: engine.context).reroute(
        InstanceFilter(states: [.held]), by: Self.order)
      #expect(result.changed == 0)
      #expect(result.skipped.map(\.reason) == ["no route matches"])
    }
  }

  @Test func aLostFileCannotBeRerouted() async throws {
    try await RunningEngine.run(
      routes: [try .modality("CT")], prepare: { try await hold(SampleInstance(), in: $0, $1) }
    ) { engine in
      try engine.deleteSpooled(engine.spooledFiles())
      let result = try await OperatorChanges(context: engine.context).reroute(
        InstanceFilter(states: [.held]), by: Self.order)
      #expect(result.skipped.first?.reason.contains("cannot be read") == true)
    }
  }

  @Test func aDiscardedFileIsDeleted() async throws {
    try await RunningEngine.run(prepare: { try await hold(SampleInstance(), in: $0, $1) }) { engine in
      #expect(try engine.spooledFiles().count == 1)
      _ = try await OperatorChanges(context: engine.context).change(
        InstanceFilter(states: [.held]), .discard, by: Self.order)
      try await engine.eventually("discarded") { try await engine.instance().state == .discarded }
      #expect(try engine.spooledFiles().isEmpty)
    }
  }

  @Test func aHeldDeliveryIsSentWhenReleased() async throws {
    let listener = try await ScriptedPeerListener()
    let sample = SampleInstance()
    try await RunningEngine.run(
      peers: [.scanner, .archive(port: listener.port)], routes: [.everything(proof: .response)],
      prepare: { ledger, settings in
        try await hold(sample, in: ledger, settings)
        let id = try await ledger.instances(InstanceFilter(), page: PageRequest()).items[0].instance.id
        let plan = RoutingPlan(deliveries: [PlannedDelivery(to: "archive", proof: .response)])
        _ = try await ledger.reroute(id, plan: plan, by: Self.order, now: .now())
        _ = try await ledger.change(DeliveryFilter(instance: id), .hold, by: Self.order, now: .now())
      }
    ) { engine in
      let claimable = try await engine.ledger.claim(
        "archive", limit: 9, lease: MonotonicTime(nanoseconds: 0), now: .now())
      #expect(claimable.claims.isEmpty)
      #expect(try await engine.delivery().attempts == 0)
      _ = try await OperatorChanges(context: engine.context).change(
        DeliveryFilter(destinations: ["archive"]), .release, by: Self.order)
      let archive = try await listener.acceptAssociation()
      try await archive.answer(archive.takeMessage().command, .success)
      try await engine.eventually("delivered") { try await engine.delivery().state == .delivered }
    }
    try await listener.close()
  }

  @Test func whatIsBeingSentIsCancelledOnlyIfItEndsWithoutSuccess() async throws {
    for (status, state) in [(0xA700, DeliveryState.cancelled), (0x0000, .delivered)] {
      let listener = try await ScriptedPeerListener()
      try await RunningEngine.run(
        peers: [.scanner, .archive(port: listener.port)], routes: [.everything(proof: .response)]
      ) { engine in
        let scanner = try await engine.associate().peer
        #expect(try await scanner.store(SampleInstance()) == .success)
        let archive = try await listener.acceptAssociation()
        let command = try await archive.takeMessage().command
        let changed = try await OperatorChanges(context: engine.context).change(
          DeliveryFilter(destinations: ["archive"]), .cancel, by: Self.order)
        #expect(changed.changed == 1)
        try await archive.answer(command, Status(rawValue: UInt16(status)))
        try await engine.eventually("\(state)") { try await engine.delivery().state == state }
      }
      try await listener.close()
    }
  }
}
