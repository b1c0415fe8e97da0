import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import EscrowTesting
import Testing

@testable import EscrowEngine

/// What steps of the wall clock do: nothing is purged by a clock that nobody has confirmed.
@Suite struct ClockTests {
  /// Runs an engine whose archive has taken the sample; its copy may go in an hour.
  private func settled(_ body: (RunningEngine, MovableClock) async throws -> Void) async throws {
    let clock = MovableClock()
    let listener = try await ScriptedPeerListener()
    let route = Route(
      name: "everything", match: .all([]), sends: [.init(to: "archive", proof: .response)], retention: .after(.hours(1))
    )
    try await RunningEngine.run(
      peers: [.scanner, .archive(port: listener.port)], routes: [route], clock: clock.clock
    ) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(SampleInstance()) == .success)
      let archive = try await listener.acceptAssociation()
      try await archive.answer(archive.takeMessage().command, .success)
      try await engine.eventually("settled") { try await engine.instance().state == .settled }
      try await body(engine, clock)
    }
    try await listener.close()
  }

  @Test func whatIsDueIsPurged() async throws {
    try await settled { engine, clock in
      clock.pass(.hours(2))
      try await engine.eventually("purged") { try await engine.instance().state == .purged }
      #expect(try await engine.ledger.alarms().isEmpty)
    }
  }

  @Test func whatIsGoneForLongIsForgotten() async throws {
    try await settled { engine, clock in
      clock.pass(.hours(2))
      try await engine.eventually("purged") { try await engine.instance().state == .purged }
      clock.pass(.days(181))
      // The latest event stays, whatever it is about.
      try await engine.ledger.tell(EscrowEvent(.ping, at: clock.clock.now()))
      try await engine.eventually("forgotten") {
        clock.pass(.hours(1))
        engine.context.forgetting.wake()
        return try await engine.ledger.instances(InstanceFilter(), page: PageRequest()).items.isEmpty
      }
    }
  }

  @Test func aStepForwardPurgesNothingUntilAnOperatorConfirms() async throws {
    try await settled { engine, clock in
      clock.step(.hours(2))
      try await engine.eventually("an alarm") { try await engine.clockAlarm() != nil }
      try await PurgeService(context: engine.context).purgeDue()
      #expect(try await engine.instance().state == .settled)
      #expect(try await engine.clockAlarm()?.text.contains("escrow purging resume") == true)
      let changes = OperatorChanges(context: engine.context)
      #expect(try await changes.resumePurging(by: BulkOrder(actor: "admin", reason: "NTP was late")))
      try await engine.eventually("purged") { try await engine.instance().state == .purged }
      #expect(try await engine.clockAlarm() == nil)
      #expect(try await changes.resumePurging(by: BulkOrder(actor: "admin")) == false)
    }
  }

  @Test func aStepBackStopsPurgingToo() async throws {
    try await settled { engine, clock in
      clock.step(.hours(-3))
      try await engine.eventually("an alarm") {
        try await engine.clockAlarm()?.text.contains("back by 10800 s") == true
      }
      clock.pass(.hours(5))
      try await PurgeService(context: engine.context).purgeDue()
      #expect(try await engine.instance().state == .settled)
    }
  }

  @Test func whatWaitsIsNotLateByAStepBack() async throws {
    let clock = MovableClock()
    let listener = try await ScriptedPeerListener()
    var destination = Peer.archive(port: listener.port)
    destination.timeouts.idle = .minutes(5)
    let route = Route(name: "everything", match: .all([]), sends: [.init(to: "archive", proof: .response)])
    try await RunningEngine.run(peers: [.scanner, destination], routes: [route], clock: clock.clock) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(SampleInstance()) == .success)
      let archive = try await listener.acceptAssociation()
      try await archive.answer(archive.takeMessage().command, .processingFailure)
      try await engine.eventually("it waits") { try await engine.delivery().notBefore != nil }
      clock.step(.hours(-3))
      try await engine.eventually("an alarm") { try await engine.clockAlarm() != nil }
      clock.pass(.hours(2))
      engine.context.wakeDestinations()
      try await archive.answer(archive.takeMessage().command, .success)
      try await engine.eventually("settled") { try await engine.instance().state == .settled }
    }
    try await listener.close()
  }

  @Test func aSmallStepIsNothing() async throws {
    try await settled { engine, clock in
      clock.step(.seconds(50))
      clock.pass(.hours(2))
      try await engine.eventually("purged") { try await engine.instance().state == .purged }
      #expect(try await engine.ledger.alarms().isEmpty)
    }
  }

  @Test func afterADayPurgingGoesOnByItself() async throws {
    try await settled { engine, clock in
      clock.step(.hours(-3))
      try await engine.eventually("an alarm") { try await engine.clockAlarm() != nil }
      clock.pass(.hours(23))
      try await PurgeService(context: engine.context).purgeDue()
      #expect(try await engine.instance().state == .settled)
      clock.pass(.hours(2))
      try await engine.eventually("purged") { try await engine.instance().state == .purged }
      #expect(try await engine.clockAlarm() == nil)
    }
  }

  /// The clock may have been set while the router did not run, either way.
  @Test(arguments: [-400, 400]) func aStopThatIsFoundLastsForADayOfRunning(days: Int) async throws {
    let clock = MovableClock()
    let since = clock.clock.now() + .hours(24 * days)
    try await RunningEngine.run(
      clock: clock.clock,
      prepare: { ledger, _ in
        try await ledger.raise(Alarm(.clockJumped, subject: "clock", since: since, text: "?"), event: nil)
      }
    ) { engine in
      try await PurgeService(context: engine.context).purgeDue()
      #expect(try await engine.clockAlarm() != nil)
      clock.pass(.hours(23))
      try await PurgeService(context: engine.context).purgeDue()
      #expect(try await engine.clockAlarm() != nil)
      clock.pass(.hours(1))
      try await engine.eventually("the stop ends") { try await engine.clockAlarm() == nil }
    }
  }

  @Test func aStartBeforeTheNewestRecordStopsPurging() async throws {
    let future = Timestamp.now() + .hours(5)
    try await RunningEngine.run(prepare: { ledger, _ in
      try await ledger.tell(EscrowEvent(.destinationUp, at: future, destination: "archive"))
    }) { engine in
      let alarm = try await engine.clockAlarm()
      #expect(alarm?.text.contains(future.rfc3339) == true)
    }
    try await RunningEngine.run(prepare: { ledger, _ in
      try await ledger.tell(EscrowEvent(.destinationUp, at: .now(), destination: "archive"))
    }) { engine in
      let alarm = try await engine.clockAlarm()
      #expect(alarm == nil)
    }
  }
}

extension RunningEngine {
  /// The only instance there is.
  func instance() async throws -> Instance {
    guard let record = try await ledger.instances(InstanceFilter(), page: PageRequest()).items.first else {
      throw ScriptDeparture(expected: "an instance")
    }
    return record.instance
  }

  func clockAlarm() async throws -> Alarm? { try await ledger.alarms().first { $0.kind == .clockJumped } }
}
