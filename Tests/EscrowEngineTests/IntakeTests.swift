import DICOM
import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import EscrowTesting
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import EscrowEngine

/// What a peer's `intake` does to what it sends.
@Suite struct IntakeTests {
  private static let sample = SampleInstance(seed: 31, pixelBytes: 50_000)

  private func scanner(_ intake: IntakePolicy) -> Peer {
    var peer = Peer.scanner
    peer.intake = intake
    return peer
  }

  @Test func whatAHeldSourceSendsWaitsForAnOperator() async throws {
    let other = Peer(name: "ct2", aeTitle: "CT2", addresses: AddressRange.loopback, allow: [.echo, .store])
    try await RunningEngine.run(
      peers: [scanner(IntakePolicy(hold: "being tested")), other, .archive(port: 9)],
      routes: [.everything(proof: .response)]
    ) { engine in
      #expect(try await engine.associate().peer.store(Self.sample) == .success)
      let held = try await engine.ledger.instances(InstanceFilter(states: [.held]), page: PageRequest()).items
      #expect(held.map(\.instance.reason) == ["source ct1: being tested"])
      #expect(try await engine.ledger.alarms().contains { $0.kind == .instanceHeld })
      // Others go their way.
      #expect(try await engine.associate(as: "CT2").peer.store(SampleInstance(seed: 32)) == .success)
      #expect(try await engine.ledger.status().instances[.inTransit] == 1)
      let order = BulkOrder(actor: "test")
      let result = try await OperatorChanges(context: engine.context)
        .reroute(InstanceFilter(states: [.held]), by: order)
      #expect(result.changed == 1)
      #expect(try await engine.ledger.status().instances[.inTransit] == 2)
    }
  }

  @Test func aReloadEndsTheHoldForWhatComesThen() async throws {
    try await RunningEngine.run(
      peers: [scanner(IntakePolicy(hold: "being tested")), .archive(port: 9)], routes: [.everything(proof: .response)]
    ) { engine in
      let peer = try await engine.associate().peer
      #expect(try await peer.store(Self.sample) == .success)
      try await engine.reload { $0.peers["ct1"] = .scanner }
      #expect(try await peer.store(SampleInstance(seed: 32)) == .success)
      let status = try await engine.ledger.status()
      #expect(status.instances[.held] == 1 && status.instances[.inTransit] == 1)
    }
  }

  @Test func aRateKeepsTheSenderWaitingAndLosesNothing() async throws {
    // A second's worth at least, so that what is measured is the rate and not the machine.
    let large = SampleInstance(seed: 33, pixelBytes: 3_000_000)
    try await RunningEngine.run(peers: [scanner(IntakePolicy(maxRate: 1_000_000))]) { engine in
      let peer = try await engine.associate(toStore: large).peer
      let start = ContinuousClock.now
      #expect(try await peer.store(large) == .success)
      #expect(ContinuousClock.now - start > .seconds(2))
      let stored = try await engine.ledger.instances(InstanceFilter(), page: PageRequest()).items
      #expect(stored.map(\.instance.dataSetLength) == [Int64(large.dataSet.count)])
    }
  }

  @Test func aSourceBeyondItsQuotaIsRefusedAndOthersAreNot() async throws {
    let other = Peer(name: "ct2", aeTitle: "CT2", addresses: AddressRange.loopback, allow: [.echo, .store])
    try await RunningEngine.run(peers: [scanner(IntakePolicy(quota: 60_000)), other]) { engine in
      let peer = try await engine.associate().peer
      #expect(try await peer.store(Self.sample) == .success)
      #expect(try await peer.store(SampleInstance(seed: 32, pixelBytes: 50_000)) == .success)
      let refused = SampleInstance(seed: 34)
      #expect(try await peer.store(refused) == Status(rawValue: 0xA700))
      #expect(try await engine.associate(as: "CT2").peer.store(refused) == .success)
      try await SourceAlarms(context: engine.context).review()
      #expect(try await engine.ledger.alarms().contains { $0.kind == .sourceQuota && $0.subject == "ct1" })
      let order = BulkOrder(actor: "test", reason: "not needed")
      let filter = InstanceFilter(sopInstanceUID: Self.sample.sop.instanceUID)
      _ = try await engine.ledger.change(filter, .discard, by: order, now: .now())
      engine.context.wakeFollowers()
      try await engine.eventually("there is room again") {
        try await SourceAlarms(context: engine.context).review()
        return try await !engine.ledger.alarms().contains { $0.kind == .sourceQuota }
      }
      #expect(try await peer.store(refused) == .success)
    }
  }

  @Test func silenceWithinItsHoursIsAnAlarmUntilTheNextInstance() async throws {
    let clock = MovableClock()
    var quiet = Peer.scanner
    quiet.expect = ExpectedTraffic(silence: .hours(2))
    try await RunningEngine.run(peers: [quiet], clock: clock.clock) { engine in
      let alarms = SourceAlarms(context: engine.context)
      func isOpen() async throws -> Bool { try await engine.ledger.alarms().contains { $0.kind == .sourceSilent } }
      #expect(try await engine.associate().peer.store(Self.sample) == .success)
      clock.pass(.minutes(119))
      try await alarms.review()
      #expect(try await !isOpen())
      clock.pass(.minutes(2))
      try await alarms.review()
      #expect(try await isOpen())
      clock.pass(.minutes(1))
      try await alarms.review()
      #expect(try await isOpen())
      #expect(try await engine.associate().peer.store(Self.sample) == .success, "the same again is a sign of life, too")
      try await alarms.review()
      #expect(try await !isOpen())
      #expect(try await engine.ledger.events(after: 0, limit: 1000).contains { $0.event.kind == .sourceSilent })
    }
  }

  @Test func smallInstancesAreKeptToTheRateByTheirAnswers() {
    let moment = NIOLockedValueBox(MonotonicTime(nanoseconds: 0))
    let clock = EngineClock(now: { .now() }, monotonic: { moment.withLockedValue { $0 } })
    let pace = SourcePace(rate: 1_000_000, clock: clock)
    #expect(pace.take(250_000) == .zero, "a quarter of a second's worth may come at once")
    #expect(pace.take(500_000) == .milliseconds(500))
    moment.withLockedValue { $0 = MonotonicTime(nanoseconds: 500_000_000) }
    #expect(pace.take(100_000) == .milliseconds(100))
  }

  @Test func moreComesOnlyWhenThereIsRoomAndTheRateAllowsIt() {
    let resumed = NIOLockedValueBox(0)
    let gate = IntakeGate { resumed.withLockedValue { $0 += 1 } }
    #expect(gate.pass(hasRoom: true, wait: .zero))
    #expect(!gate.pass(hasRoom: false, wait: .hours(1)))
    gate.end()
    #expect(resumed.withLockedValue { $0 } == 0, "one of the two is still waited for")
    gate.end()
    #expect(resumed.withLockedValue { $0 } == 1)
    // What ends before anybody waits for it.
    gate.end()
    #expect(gate.pass(hasRoom: false, wait: .zero))
    #expect(resumed.withLockedValue { $0 } == 1)
  }
}
