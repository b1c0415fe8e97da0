import DICOM
import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import EscrowTesting
import Testing

/// What senders get for right, wrong and odd C-STORE requests, over real sockets: the answer, and what is kept.
@Suite struct ReceivingTests {
  private static let sample = SampleInstance(seed: 5)

  private func store(
    _ sop: SOPInstance = sample.sop, change: (inout CommandSet) -> Void = { _ in }
  ) -> CommandSet {
    var command = CommandSet.storeRequest(sop: sop, messageID: 7)
    change(&command)
    return command
  }

  /// Sends one C-STORE-RQ; the status, and how many files are there afterwards.
  private func answer(
    to command: CommandSet, dataSet: [UInt8] = sample.dataSet
  ) async throws -> (status: Status?, files: Int) {
    try await RunningEngine.run { engine in
      let peer = try await engine.associate().peer
      try await peer.send(command, dataSet: dataSet, on: 3)
      let response = try await peer.nextCommand()
      #expect(response.field == .cStoreResponse)
      #expect(response.messageIDBeingRespondedTo == 7)
      // The association goes on.
      try await peer.send(.echoRequest(messageID: 8))
      #expect(try await peer.nextCommand().statusCode == .success)
      return (response.statusCode, try engine.spooledFiles().count)
    }
  }

  @Test func aRightOneIsKept() async throws {
    let answer = try await answer(to: store())
    #expect(answer.status == .success)
    #expect(answer.files == 1)
  }

  @Test(arguments: [
    "", ".", "..", "../../etc/passwd", "1.2.3/4", "1.2.%s", "1.2.3\n4", String(repeating: "1.", count: 40) + "1",
  ])
  func aUIDThatIsNoneIsRefusedAfterTheDataSetIsDrained(uid: String) async throws {
    let sop = SOPInstance(classUID: Self.sample.sop.classUID, instanceUID: UID(uid))
    let answer = try await answer(to: store(sop))
    #expect(answer.status == .invalidSOPInstance)
    #expect(answer.files == 0)
  }

  @Test func missingUIDsAreRefused() async throws {
    #expect(try await answer(to: store { $0.affectedSOPInstanceUID = nil }).status == .invalidSOPInstance)
    #expect(try await answer(to: store { $0.affectedSOPClassUID = nil }).status == .invalidSOPInstance)
  }

  @Test func aClassThatIsNotTheContextsIsRefused() async throws {
    let sop = SOPInstance(classUID: SampleInstance.Modality.mr.sopClassUID, instanceUID: Self.sample.sop.instanceUID)
    #expect(try await answer(to: store(sop)).status == .dataSetDoesNotMatchSOPClass)
  }

  @Test func aDataSetOfAnotherInstanceIsRefusedAndNotKept() async throws {
    let other = SampleInstance(seed: 6)
    let answer = try await answer(to: store(), dataSet: other.dataSet)
    #expect(answer.status == .dataSetDoesNotMatchSOPClass)
    #expect(answer.files == 0)
  }

  @Test(arguments: ["empty", "truncated", "file"]) func whatIsNoWholeDataSetIsRefusedAndNotKept(
    kind: String
  ) async throws {
    let bytes: [UInt8] =
      switch kind {
      case "empty": []
      case "truncated": Array(Self.sample.dataSet.prefix(60))
      default: Self.sample.file()
      }
    let answer = try await answer(to: store(), dataSet: bytes)
    #expect(answer.status == .cannotUnderstand)
    #expect(answer.files == 0)
  }

  /// No file, and no row.
  @Test(arguments: [true, false]) func aStoreThatIsCutOffLeavesNothing(byAbort: Bool) async throws {
    let large = SampleInstance(seed: 5, pixelBytes: 3_000_000)
    try await RunningEngine.run { engine in
      let peer = try await engine.associate().peer
      try await peer.send(store(large.sop), on: 3)
      for start in stride(from: 0, to: 2_900_000, by: 100_000) {
        try await peer.send(fragment: Array(large.dataSet[start..<start + 100_000]), isLast: false, on: 3)
      }
      try await engine.eventually("a file") { try engine.spooledFiles().count == 1 }
      if byAbort { try await peer.send(.abort(.serviceUser)) } else { try await peer.close() }
      try await engine.eventually("no file") { try engine.spooledFiles().isEmpty }
      #expect(try await engine.ledger.instances(InstanceFilter(), page: PageRequest()).items.isEmpty)
    }
  }

  @Test func aDataSetThatIsNotAnnouncedIsRefused() async throws {
    try await RunningEngine.run { engine in
      let peer = try await engine.associate().peer
      try await peer.send(store { $0.hasDataSet = false }, on: 3)
      #expect(try await peer.nextCommand().statusCode == .mistypedArgument)
    }
  }

  @Test func anUnknownCommandIsAnsweredAsUnrecognized() async throws {
    try await RunningEngine.run { engine in
      let peer = try await engine.associate().peer
      var command = CommandSet.echoRequest(messageID: 9)
      command.field = CommandField(rawValue: 0x0020)
      try await peer.send(command)
      #expect(try await peer.nextCommand().statusCode == .unrecognizedOperation)
    }
  }

  @Test func anInstanceThatCannotBeReadIsKeptAndHeld() async throws {
    let garbage = [UInt8](repeating: 0x55, count: 4000)
    try await RunningEngine.run(peers: [.scanner, .archive(port: 9)], routes: [try .modality("CT")]) { engine in
      let peer = try await engine.associate().peer
      try await peer.send(store(), dataSet: garbage, on: 3)
      #expect(try await peer.nextCommand().statusCode == .success)
      let held = try await engine.ledger.instances(InstanceFilter(states: [.held]), page: PageRequest()).items
      #expect(held.count == 1)
      #expect(try await engine.ledger.alarms().map(\.kind) == [.instanceHeld])
    }
  }

  @Test func theCalledTitleIsCheckedWhenConfiguredSo() async throws {
    try await RunningEngine.run(adapt: {
      $0.dicom.checkCalledAE = true; $0.aeTitles = ["OTHER"]
    }) { engine in
      let peer = try await ScriptedPeer.connect(to: engine.port)
      var proposal = Proposal(calledAE: "ESCROW", callingAE: "CT1", implementationClassUID: "2.25.2")
      proposal.add(Verification.sopClassUID, transferSyntaxes: [TransferSyntax.implicitLittleEndian.uid])
      try await peer.send(.associateRequest(proposal.request))
      #expect(try await peer.next() == .associateReject(.calledAENotRecognized))
    }
  }

  @Test func strangersAreRejectedAndThatIsOnRecordOnce() async throws {
    try await RunningEngine.run { engine in
      for name in ["EVIL1", "EVIL2", "EVIL3"] {
        await #expect(throws: ScriptDeparture.self) { try await engine.associate(as: AETitle(name)) }
      }
      try await engine.eventually("a rejection on record") {
        try await engine.ledger.events(after: 0, limit: 10).contains { $0.event.kind == .associationRejected }
      }
      let events = try await engine.ledger.events(after: 0, limit: 10).filter { $0.event.kind == .associationRejected }
      #expect(events.count == 1, "one for each address and minute")
    }
  }

  @Test func theSameBytesAgainTakeThePlaceOfALostFile() async throws {
    try await RunningEngine.run { engine in
      let peer = try await engine.associate().peer
      try await peer.send(store(), dataSet: Self.sample.dataSet, on: 3)
      #expect(try await peer.nextCommand().statusCode == .success)
      let first = try engine.spooledFiles()
      try engine.deleteSpooled(first)
      try await peer.send(store(), dataSet: Self.sample.dataSet, on: 3)
      #expect(try await peer.nextCommand().statusCode == .success)
      let second = try engine.spooledFiles()
      #expect(second.count == 1 && second != first)
      let instances = try await engine.ledger.instances(InstanceFilter(), page: PageRequest()).items
      #expect(instances.count == 1)
      #expect(instances.first?.instance.state == .held)
      try await peer.send(store(), dataSet: Self.sample.dataSet, on: 3)
      #expect(try await peer.nextCommand().statusCode == .success)
      #expect(try engine.spooledFiles() == second, "a whole file is not replaced")
    }
  }
}
