import DICOM
import DICOMProtocol
import EscrowCore
import EscrowEngine
import EscrowTesting
import Testing

/// What an operator does to a whole destination, with the engine at work.
@Suite struct DestinationOperationsTests {
  private static let order = BulkOrder(actor: "admin", reason: "because")

  private func count(_ states: Set<DeliveryState>, at name: PeerName, _ scene: CommitmentScene) async throws -> Int {
    try await scene.engine.ledger.count(DeliveryFilter(states: states, destinations: [name]))
  }

  @Test func whatIsBeingSentEndsAndNothingElseIsSentUntilItIsResumed() async throws {
    try await CommitmentScene.run(CommitmentScene.samples(4)) { scene in
      scene.archive.closeGateForStores()
      let operations = DestinationOperations(context: scene.engine.context)
      try await scene.store()
      try await scene.engine.eventually("one is on its way") { try await count([.sending], at: "archive", scene) >= 1 }
      try await operations.drain("archive", actor: "admin", reason: "update tonight")
      scene.archive.openGate()
      try await scene.engine.eventually("what was claimed has ended") {
        try await count([.sending], at: "archive", scene) == 0
      }
      let sent = scene.archive.stored.count
      #expect(sent >= 1 && sent < 4)
      #expect(try await count([.queued], at: "archive", scene) == 4 - sent)
      #expect(scene.engine.context.stops["archive"]?.text == "paused by admin: update tonight")
      // What comes meanwhile waits, too.
      try await scene.store([SampleInstance(seed: 90)])
      try await Task.sleep(for: .milliseconds(300))
      #expect(scene.archive.stored.count == sent)
      #expect(try await operations.resume("archive", actor: "admin", reason: nil))
      #expect(try await !operations.resume("archive", actor: "admin", reason: nil))
      try await scene.engine.eventually("all are sent") { scene.archive.stored.count == 5 }
      #expect(try await scene.engine.ledger.alarms().isEmpty)
    }
  }

  @Test func whatWasDrainedBeforeAStartStaysSo() async throws {
    try await TestArchive.run { archive in
      try await RunningEngine.run(
        peers: [.scanner, .archive(port: archive.port)], routes: [.everything(proof: .response)],
        prepare: { ledger, _ in
          let alarm = Alarm(.destinationPaused, subject: "archive", since: .now(), text: "paused by admin: update")
          try await ledger.raise(alarm, event: nil)
        }
      ) { engine in
        let scanner = try await engine.associate().peer
        #expect(try await scanner.store(SampleInstance()) == .success)
        try await Task.sleep(for: .milliseconds(300))
        #expect(archive.stored.isEmpty)
        _ = try await DestinationOperations(context: engine.context).resume("archive", actor: "admin", reason: nil)
        try await engine.eventually("it is sent") { archive.stored.count == 1 }
      }
    }
  }

  @Test func whatWaitsGoesToAnotherDestination() async throws {
    try await TestArchive.run { other in
      var second = Peer.archive(port: other.port)
      second.name = "archive2"
      try await CommitmentScene.run(CommitmentScene.samples(2), peers: [second]) { scene in
        let operations = DestinationOperations(context: scene.engine.context)
        try await operations.drain("archive", actor: "admin", reason: "broken")
        try await scene.store()
        let moved = try await operations.repoint("archive", to: "archive2", by: Self.order)
        #expect(moved == BulkResult(matched: 2, changed: 2))
        try await scene.engine.eventually("both are sent") { other.stored.count == 2 }
        #expect(scene.archive.stored.isEmpty)
        #expect(try await count([.waived], at: "archive", scene) == 2)
      }
    }
  }

  @Test func whatCannotBeProvedThereStays() async throws {
    var plain = Peer.archive(port: 1)
    plain.name = "archive2"
    plain.allow = [.echo]
    try await CommitmentScene.run(peers: [plain]) { scene in
      let operations = DestinationOperations(context: scene.engine.context)
      try await operations.drain("archive", actor: "admin", reason: "broken")
      try await scene.store()
      await #expect(throws: DestinationError.cannotProve("archive2", [.commitment])) {
        try await operations.repoint("archive", to: "archive2", by: Self.order)
      }
      await #expect(throws: DestinationError.itself("archive")) {
        try await operations.repoint("archive", to: "archive", by: Self.order)
      }
      await #expect(throws: DestinationError.unknown("nobody")) {
        try await operations.repoint("archive", to: "nobody", by: Self.order)
      }
      await #expect(throws: DestinationError.unknown("nobody")) {
        try await operations.drain("nobody", actor: "admin", reason: "x")
      }
      #expect(try await count([.queued], at: "archive", scene) == 1)
    }
  }

  @Test func whatIsRetiredGetsNothingAndKeepsNothing() async throws {
    try await CommitmentScene.run(CommitmentScene.samples(2)) { scene in
      let operations = DestinationOperations(context: scene.engine.context)
      try await operations.drain("archive", actor: "admin", reason: "broken")
      try await scene.store()
      var order = Self.order
      order.dryRun = true
      #expect(try await operations.retire("archive", by: order) == BulkResult(matched: 2, changed: 2))
      order = Self.order
      order.expect = 3
      await #expect(throws: LedgerError.unexpectedCount(matched: 2, expected: 3)) {
        try await operations.retire("archive", by: order)
      }
      #expect(scene.engine.context.stops["archive"]?.kind == .destinationPaused)
      #expect(try await operations.retire("archive", by: Self.order) == BulkResult(matched: 2, changed: 2))
      #expect(try await count([.waived], at: "archive", scene) == 2)
      #expect(try await scene.alarms() == [.destinationRetired])
      #expect(operations.routes(to: "archive") == ["everything"])
      #expect(scene.archive.stored.isEmpty)
    }
  }
}
