import DICOM
import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import EscrowTesting
import Testing

/// What a process makes of what an earlier one left on record, and of the disk it finds.
@Suite struct StartTests {
  private static let now = Timestamp.now()

  /// An instance that was sent to `destination` as far as `DeliveryState.sent`, its file gone with the test's spool.
  private func sent(to destination: PeerName, in ledger: any Ledger) async throws {
    let admission = Admission(
      id: .new(at: Self.now), sop: SampleInstance().sop, transferSyntax: TransferSyntax.explicitLittleEndian.uid,
      attributes: InstanceAttributes(),
      source: Source(callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: nil, association: "a-1"),
      receivedAt: Self.now, dataSetLength: 1, digest: Digest(high: 1, low: 2),
      plan: RoutingPlan(deliveries: [.init(to: destination, proof: .commitment)]))
    _ = try await ledger.admit(admission, now: Self.now)
    let batch = try await ledger.claim(destination, limit: 1, lease: MonotonicTime(nanoseconds: .max), now: Self.now)
    let outcomes = batch.claims.map {
      AttemptOutcome(key: $0.key, result: .stored(discardedElements: false), startedAt: Self.now)
    }
    try await ledger.record(outcomes, now: Self.now)
  }

  @Test func aDestinationThatIsConfiguredNoMoreIsAnAlarm() async throws {
    try await RunningEngine.run(prepare: { ledger, _ in try await sent(to: "gone", in: ledger) }) { engine in
      let alarm = try await engine.ledger.alarms().first { $0.kind == .destinationMissing }
      #expect(alarm?.subject == "gone")
    }
    let back = Peer(name: "gone", aeTitle: "GONE", host: "127.0.0.1", port: 9, allow: [.report])
    let alarm = Alarm(.destinationMissing, subject: "gone", since: Self.now, text: "")
    try await RunningEngine.run(peers: [back], prepare: { ledger, _ in try await ledger.raise(alarm, event: nil) }) {
      engine in
      let alarms = try await engine.ledger.alarms()
      #expect(!alarms.contains { $0.kind == .destinationMissing })
    }
  }

  @Test func aDestinationThatWasDownIsProbedAtOnceAndItsAlarmEnds() async throws {
    let listener = try await ScriptedPeerListener()
    let alarm = Alarm(.destinationDown, subject: "archive", since: Self.now, text: "down")
    let old = Alarm(.destinationDown, subject: "retired", since: Self.now, text: "down")
    try await RunningEngine.run(
      peers: [.archive(port: listener.port)],
      prepare: { ledger, _ in
        try await ledger.raise(alarm, event: nil)
        try await ledger.raise(old, event: nil)
      }
    ) { engine in
      try await listener.answerEcho()
      try await engine.eventually("no alarm") { try await engine.ledger.alarms().isEmpty }
      #expect(try await engine.ledger.events(after: 0, limit: 9).map(\.event.kind) == [.destinationUp])
    }
    try await listener.close()
  }

  @Test func aRowWithoutAFileThatIsSentGoesOnBeingAskedFor() async throws {
    let listener = try await ScriptedPeerListener()
    try await RunningEngine.run(
      peers: [.archive(port: listener.port)], prepare: { ledger, _ in try await sent(to: "archive", in: ledger) }
    ) { engine in
      let request = try await listener.acceptAssociation()
      let command = try await request.takeMessage().command
      #expect(command.field == .nActionRequest)
      try await request.answer(command, .success)
      try await engine.eventually("asked for") { try await engine.delivery().state == .requested }
      #expect(try await engine.ledger.alarms().map(\.kind) == [.instanceDamaged])
    }
    try await listener.close()
  }

  @Test func aDiskThatIsFullFromTheStartRefusesStorageOnlyAndIsAnAlarm() async throws {
    try await RunningEngine.run(adapt: {
      $0.spool.lowWatermark = .percent(100)
      $0.spool.stopWatermark = .percent(100)
    }) { engine in
      let (peer, accept) = try await engine.associate()
      #expect(accept.contexts.map(\.result) == [.acceptance, .noReason, .acceptance])
      try await peer.send(.echoRequest(messageID: 1))
      #expect(try await peer.nextCommand().statusCode == .success)
      try await engine.eventually("alarms") {
        try await Set(engine.ledger.alarms().map(\.kind)) == [.storageLow, .storageFull]
      }
    }
  }

  @Test func anAlarmOfADiskThatHasSpaceAgainEnds() async throws {
    try await RunningEngine.run(prepare: { ledger, settings in
      for kind in [AlarmKind.storageLow, .storageFull] {
        try await ledger.raise(Alarm(kind, subject: settings.spool.path, since: Self.now, text: ""), event: nil)
      }
    }) { engine in
      try await engine.eventually("no alarm") { try await engine.ledger.alarms().isEmpty }
    }
  }
}
