import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import NIOCore
import Testing

/// Storage commitment reports, right, wrong and forged, over real sockets: the answer, and what they change.
@Suite struct ReportingTests {
  private static let sample = SampleInstance(seed: 21)

  /// An instance that was sent to the archive, and the transaction that asks for it; `body` reports.
  private func asked(
    _ body: (RunningEngine, UID) async throws -> Void
  ) async throws {
    let listener = try await ScriptedPeerListener()
    let peers: [Peer] = [
      .scanner, .archive(port: listener.port),
      Peer(name: "other", aeTitle: "OTHER", addresses: AddressRange.loopback, allow: [.echo, .report]),
    ]
    try await RunningEngine.run(peers: peers, routes: [.everything(proof: .commitment)]) { engine in
      let scanner = try await engine.associate().peer
      try await scanner.send(
        .storeRequest(sop: Self.sample.sop, messageID: 1), dataSet: Self.sample.dataSet, on: 3)
      #expect(try await scanner.nextCommand().statusCode == .success)
      let archive = try await listener.acceptAssociation()
      try await archive.answer(archive.takeMessage().command, .success)
      let request = try await listener.acceptAssociation()
      let (command, bytes) = try await request.takeMessage()
      let action = try CommitmentActionInformation(
        decoding: ByteBuffer(bytes: bytes), transferSyntax: TransferSyntax.explicitLittleEndian.uid)
      #expect(action.references == [Self.sample.sop])
      try await request.answer(command, .success)
      try await body(engine, action.transactionUID)
    }
    try await listener.close()
  }

  private func report(
    _ uid: UID, committed: [SOPInstance] = [], failed: [CommitmentEventInformation.Failure] = []
  ) -> [UInt8] {
    let information = CommitmentEventInformation(transactionUID: uid, committed: committed, failed: failed)
    return Array(information.encoded(transferSyntax: TransferSyntax.explicitLittleEndian.uid).readableBytesView)
  }

  /// Reports on an association of its own; the answer's status.
  private func send(
    _ report: [UInt8], to engine: RunningEngine, as title: AETitle = "ARCHIVE",
    role: (scu: Bool, scp: Bool)? = (false, true), on contextID: UInt8 = 5, eventType: UInt16 = 1
  ) async throws -> Status? {
    let peer = try await engine.associate(as: title, role: role).peer
    let command = CommandSet.commitmentReport(eventTypeID: eventType, messageID: 3)
    try await peer.send(command, dataSet: report, on: contextID)
    return try await peer.nextCommand().statusCode
  }

  @Test func theRightReportProves() async throws {
    try await asked { engine, uid in
      let status = try await send(report(uid, committed: [Self.sample.sop]), to: engine)
      #expect(status == .success)
      #expect(try await engine.delivery().state == .delivered)
    }
  }

  @Test func withoutRoleSelectionItIsTaken() async throws {
    try await asked { engine, uid in
      let status = try await send(report(uid, committed: [Self.sample.sop]), to: engine, role: nil)
      #expect(status == .success)
      #expect(try await engine.delivery().state == .delivered)
    }
  }

  @Test func inTheRoleOfAnSCUItIsRefused() async throws {
    try await asked { engine, uid in
      let status = try await send(report(uid, committed: [Self.sample.sop]), to: engine, role: (true, false))
      #expect(status == .unrecognizedOperation)
      #expect(try await engine.delivery().state == .requested)
    }
  }

  @Test func anUnknownTransactionIsRefused() async throws {
    try await asked { engine, _ in
      let status = try await send(report("2.25.77", committed: [Self.sample.sop]), to: engine)
      #expect(status == .invalidArgumentValue)
      #expect(try await engine.delivery().state == .requested)
      try await engine.eventually("the refusal is on record") {
        let events = try await engine.ledger.events(after: 0, limit: 100).map(\.event)
        let refusal = events.first { $0.kind == .reportRefused }
        return refusal?.transactionUID == UID("2.25.77") && refusal?.actor == "ARCHIVE@127.0.0.1"
      }
    }
  }

  @Test func anotherReporterIsRefused() async throws {
    try await asked { engine, uid in
      let status = try await send(report(uid, committed: [Self.sample.sop]), to: engine, as: "OTHER")
      #expect(status == .processingFailure)
      #expect(try await engine.delivery().state == .requested)
    }
  }

  @Test func whoMayNotReportIsRefusedUnread() async throws {
    try await asked { engine, uid in
      let status = try await send(report(uid, committed: [Self.sample.sop]), to: engine, as: "CT1", role: nil)
      #expect(status == .processingFailure)
      #expect(try await engine.delivery().state == .requested)
    }
  }

  @Test func onAContextOfAnotherClassItIsRefusedUnread() async throws {
    try await asked { engine, uid in
      let status = try await send(report(uid, committed: [Self.sample.sop]), to: engine, as: "CT1", role: nil, on: 3)
      #expect(status == .noSuchSOPClass)
      #expect(try await engine.delivery().state == .requested)
    }
  }

  @Test(arguments: [0, 3] as [UInt16]) func anUnknownEventTypeIsRefused(eventType: UInt16) async throws {
    try await asked { engine, uid in
      let status = try await send(
        report(uid, committed: [Self.sample.sop]), to: engine, eventType: eventType)
      #expect(status == .noSuchEventType)
      #expect(try await engine.delivery().state == .requested)
    }
  }

  @Test func anInstanceInBothListsHasFailed() async throws {
    try await asked { engine, uid in
      let both = report(uid, committed: [Self.sample.sop], failed: [.init(sop: Self.sample.sop, reason: 0x0119)])
      // The event type says that all is well; the lists decide.
      let status = try await send(both, to: engine, eventType: 1)
      #expect(status == .success)
      #expect(try await engine.delivery().state == .failed)
    }
  }

  @Test func failuresUnderEventTypeOneCountAndSuccessesUnderTwo() async throws {
    try await asked { engine, uid in
      let failed = report(uid, failed: [.init(sop: Self.sample.sop, reason: 0x0110)])
      let status = try await send(failed, to: engine, eventType: 1)
      #expect(status == .success)
      #expect(try await engine.delivery().state == .sent)
      #expect(try await engine.delivery().failedAsks == 1)
    }
    try await asked { engine, uid in
      let status = try await send(report(uid, committed: [Self.sample.sop]), to: engine, eventType: 2)
      #expect(status == .success)
      #expect(try await engine.delivery().state == .delivered)
    }
  }

  @Test func aContradictionRaisesAnAlarmThatANewProofEnds() async throws {
    try await asked { engine, uid in
      let good = report(uid, committed: [Self.sample.sop])
      let bad = report(uid, failed: [.init(sop: Self.sample.sop, reason: 0x0110)])
      for report in [good, good, bad] {
        let status = try await send(report, to: engine)
        #expect(status == .success)
      }
      #expect(try await engine.delivery().contradicted)
      #expect(try await engine.delivery().state == .sent)
      #expect(try await engine.ledger.alarms().map(\.kind) == [.commitmentContradicted])
    }
  }

  @Test func aPeerThatTakesItsWordBackAgainAndAgainIsNotSentToForEver() {
    let policy = CommitmentPolicy(maxResends: 2)
    let now = Timestamp(microseconds: 1_000_000)
    var delivery = Delivery(
      id: DeliveryID(rawValue: 1), instance: InstanceID(rawValue: "1"), destination: "archive", state: .delivered,
      proof: .commitment, attempts: 1, resends: 1, provedBy: 1)
    var waits: [Duration?] = []
    for _ in 1...3 {
      var consignment = Consignment(instance: .sample(Self.sample), deliveries: [delivery])
      let reference = AskedReference(
        delivery: delivery.id, attempt: 1, transactionUID: "2.25.1", opening: 1)
      _ = consignment.refuse(reference, reason: 0x0112, policy: policy, now: now)
      waits.append(consignment.deliveries[0].notBefore?.since(now))
      delivery = consignment.deliveries[0]
      #expect(delivery.state == (waits.count == 1 ? .queued : .sent))
      delivery.state = .delivered
      delivery.provedBy = 1
    }
    #expect(waits == [.seconds(10), .minutes(10), .minutes(10)])
  }

  @Test func aCopyThatStaysSaysWhy() {
    var instance = Instance.sample(Self.sample)
    instance.state = .settled
    instance.settledAt = Timestamp(microseconds: 1)
    var delivery = Delivery(
      id: DeliveryID(rawValue: 1), instance: instance.id, destination: "archive", state: .delivered, proof: .commitment)
    func obstacle() -> String? { PurgeGuard.obstacle(Consignment(instance: instance, deliveries: [delivery])) }
    #expect(obstacle() == nil)
    delivery.discardedElements = true
    #expect(obstacle()?.contains("B006H") == true)
    delivery.state = .failed
    #expect(obstacle()?.contains("archive is failed") == true)
    delivery.state = .delivered
    instance.conflicted = true
    #expect(obstacle()?.contains("other content") == true)
    delivery.overwrites = true
    delivery.discardedElements = false
    #expect(obstacle() == nil)
  }

  @Test func anEmptyReportProvesNothing() async throws {
    try await asked { engine, uid in
      let status = try await send(report(uid), to: engine)
      #expect(status == .success)
      #expect(try await engine.delivery().state == .requested)
    }
  }

  @Test func moreThanWasAskedForIsIgnored() async throws {
    try await asked { engine, uid in
      let more = SOPInstance(classUID: Self.sample.sop.classUID, instanceUID: "1.2.3.4.5")
      let status = try await send(report(uid, committed: [more]), to: engine)
      #expect(status == .success)
      #expect(try await engine.delivery().state == .requested)
    }
  }
}

extension Instance {
  /// An instance on record.
  fileprivate static func sample(_ sample: SampleInstance) -> Instance {
    Instance(
      id: InstanceID(rawValue: "1"), sop: sample.sop, transferSyntax: sample.transferSyntax.uid,
      attributes: InstanceAttributes(),
      source: Source(callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: nil, association: "a-1"),
      receivedAt: Timestamp(microseconds: 1), dataSetLength: 1, digest: Digest(high: 1, low: 1),
      file: InstanceID(rawValue: "1"), state: .inTransit, retention: .standard)
  }
}
