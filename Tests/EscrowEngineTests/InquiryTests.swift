import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import NIOCore
import Testing

/// What peers ask is decided and told, over real sockets.
@Suite struct InquiryTests {
  private static let sample = SampleInstance(seed: 61)
  private static let unknown = InquiryScene.reference("1.2.3")

  /// What the modality sends goes to an archive that commits.
  private static func run(
    adapt: (inout Peer) -> Void = { _ in }, _ body: (InquiryScene, TestArchive) async throws -> Void
  ) async throws {
    try await TestArchive.run { archive in
      let destination = Peer.archive(port: archive.port)
      try await InquiryScene.run(peers: [destination], routes: [.everything(proof: .commitment)], adapt: adapt) {
        try await body($0, archive)
      }
    }
  }

  @Test func whatIsNotKnownFailed() async throws {
    try await InquiryScene.run { scene in
      let status = try await scene.ask("2.25.1", [Self.unknown])
      #expect(status == .success)
      let heard = try await scene.hear()
      #expect(heard.eventTypeID == 2)
      #expect(heard.callingAE == "ESCROW")
      #expect(heard.roles.map { [$0.scu, $0.scp] } == [[false, true]])
      #expect(heard.information.transactionUID == "2.25.1")
      #expect(heard.information.failed == [.init(sop: Self.unknown, reason: 0x0112)])
      #expect(heard.information.committed == [])
      let job = try await scene.job(is: .success)
      let record = try #require(try await scene.engine.ledger.inquiry(job.id))
      #expect(record.reportStatus == 0)
      #expect(record.reportedAt != nil)
    }
  }

  @Test func successIsSaidWhenTheArchiveHasCommitted() async throws {
    try await Self.run { scene, archive in
      try await scene.store(Self.sample)
      let status = try await scene.ask("2.25.1", [Self.sample.sop, Self.unknown])
      #expect(status == .success)
      try await scene.engine.eventually("the archive is asked") { !archive.requests.isEmpty }
      let job = try #require(try await scene.latestJob())
      #expect(job.state == .running)
      #expect(job.done == 1)
      let request = archive.requests[0]
      let report = CommitmentEventInformation(transactionUID: request.uid, committed: request.references)
      let reporter = try await scene.engine.associate(as: "ARCHIVE", role: (false, true)).peer
      try await reporter.send(
        .commitmentReport(eventTypeID: 1, messageID: 3),
        dataSet: Array(report.encoded(transferSyntax: TransferSyntax.explicitLittleEndian.uid).readableBytesView), on: 5
      )
      let heard = try await scene.hear()
      #expect(heard.information.committed == [Self.sample.sop])
      #expect(heard.information.failed == [.init(sop: Self.unknown, reason: 0x0112)])
    }
  }

  @Test func whatIsNotDecidedInTimeFailed() async throws {
    try await Self.run(adapt: { $0.inquiries.answerWithin = .milliseconds(300) }) { scene, _ in
      try await scene.store(Self.sample)
      try await scene.ask("2.25.1", [Self.sample.sop])
      let heard = try await scene.hear()
      #expect(heard.information.failed == [.init(sop: Self.sample.sop, reason: 0x0110)])
    }
  }

  @Test func anAnswerThatIsNotTakenIsToldAgain() async throws {
    // Longer than the association is kept.
    let retry = RetryPolicy(first: .seconds(1), max: .seconds(1))
    try await InquiryScene.run(adapt: { $0.retry = retry }) { scene in
      try await scene.ask("2.25.1", [Self.unknown])
      _ = try await scene.hear(.processingFailure)
      let again = try await scene.hear()
      #expect(again.information.transactionUID == "2.25.1")
      #expect(try await scene.job(is: .success).tries == 1)
    }
  }

  @Test func anAnswerThatIsNotTakenKeepsNoOther() async throws {
    try await InquiryScene.run(adapt: { $0.retry = RetryPolicy(first: .hours(1), max: .hours(1)) }) { scene in
      try await scene.ask("2.25.1", [Self.unknown])
      _ = try await scene.hear(.processingFailure)
      try await scene.ask("2.25.2", [Self.unknown])
      #expect(try await scene.hear().information.transactionUID == "2.25.2")
      #expect(try await scene.engine.ledger.jobs(JobFilter(states: [.retry]), page: PageRequest()).items.count == 1)
    }
  }

  @Test func whoKnowsNoSuchTransactionIsNotToldAgain() async throws {
    try await InquiryScene.run { scene in
      try await scene.ask("2.25.1", [Self.unknown])
      _ = try await scene.hear(.invalidArgumentValue)
      let failure = try await scene.job(is: .failure).failure
      #expect(failure?.text.contains("0115H") == true)
    }
  }

  @Test func withoutRoleSelectionItIsTold() async throws {
    try await InquiryScene.run { scene in
      try await scene.ask("2.25.1", [Self.unknown])
      let (peer, request) = try await scene.accept(returningRoles: false)
      #expect(try await scene.hear(on: peer, request).information.failed.count == 1)
      _ = try await scene.job(is: .success)
    }
  }

  @Test func aStrictPeerMustAgreeToTheRole() async throws {
    try await InquiryScene.run(adapt: { $0.strictRoles = true }) { scene in
      try await scene.ask("2.25.1", [Self.unknown])
      let (peer, _) = try await scene.accept(returningRoles: false)
      #expect(try await peer.next() == .releaseRequest)
      await peer.answerRelease()
      #expect(try await scene.job(is: .retry).failure?.text.contains("role") == true)
      _ = try await scene.hear()
    }
  }

  @Test func manyAnswersShareAnAssociation() async throws {
    // The first association waits until everything was asked.
    try await InquiryScene.run { scene in
      let peer = try await scene.engine.associate().peer
      for number in 1...20 {
        try await peer.send(
          .commitmentRequest(messageID: UInt16(number)),
          dataSet: InquiryScene.payload(UID("2.25.\(number)"), [Self.unknown]), on: 5)
        #expect(try await peer.nextCommand().statusCode == .success)
      }
      let (line, request) = try await scene.accept()
      var told: Set<UID> = []
      for _ in 1...20 { told.insert(try await scene.hear(on: line, request).information.transactionUID) }
      #expect(told.count == 20)
    }
  }

  @Test func thePeerIsToldWhereItAskedIfItWishes() async throws {
    try await InquiryScene.run(adapt: { $0.inquiries.reportOn = .same }) { scene in
      let peer = try await scene.engine.associate().peer
      try await peer.send(
        .commitmentRequest(messageID: 7), dataSet: InquiryScene.payload("2.25.1", [Self.unknown]), on: 5)
      #expect(try await peer.nextCommand().statusCode == .success)
      let (command, contextID, _) = try await peer.takeMessageOnContext()
      #expect(command.field == .nEventReportRequest)
      #expect(contextID == 5)
      try await peer.answer(command, .success, on: 5)
      _ = try await scene.job(is: .success)
    }
  }

  @Test func elsewhereWhenThatAssociationIsGone() async throws {
    try await Self.run(adapt: {
      $0.inquiries.reportOn = .same; $0.inquiries.answerWithin = .seconds(1)
    }) { scene, _ in
      try await scene.store(Self.sample)
      try await scene.ask("2.25.1", [Self.sample.sop])
      #expect(try await scene.hear().information.transactionUID == "2.25.1")
    }
  }

  // MARK: Our own copies

  @Test func aCopyThatIsWholeIsPromisedAndStays() async throws {
    try await InquiryScene.run(adapt: { $0.inquiries.commitWhen = .spooled }) { scene in
      try await scene.store(Self.sample)
      try await scene.ask("2.25.1", [Self.sample.sop, Self.unknown])
      let heard = try await scene.hear()
      #expect(heard.information.committed == [Self.sample.sop])
      #expect(heard.information.failed == [.init(sop: Self.unknown, reason: 0x0112)])
      let instance = try await scene.engine.ledger.instances(InstanceFilter(), page: PageRequest()).items.first
      #expect(instance?.instance.promise?.contains("promised to ct1") == true)
    }
  }

  @Test(arguments: ["flipped", "deleted"]) func aCopyThatIsNotWholeIsNot(_ how: String) async throws {
    try await InquiryScene.run(adapt: { $0.inquiries.commitWhen = .spooled }) { scene in
      try await scene.store(Self.sample)
      let files = try scene.engine.spooledFiles()
      if how == "flipped" { try scene.engine.flipLastByte(of: files) } else { try scene.engine.deleteSpooled(files) }
      try await scene.ask("2.25.1", [Self.sample.sop])
      #expect(try await scene.hear().information.failed == [.init(sop: Self.sample.sop, reason: 0x0110)])
      let instance = try await scene.engine.ledger.instances(InstanceFilter(), page: PageRequest()).items.first
      #expect(instance?.instance.state == .damaged)
      #expect(instance?.instance.promise == nil)
    }
  }

  @Test func whoeverIsOurselvesIsAnsweredFromTheSpool() async throws {
    try await InquiryScene.run(adapt: { $0.aeTitle = "ESCROW" }) { scene in
      let peer = try await scene.engine.associate(as: "ESCROW", toStore: Self.sample).peer
      #expect(try await peer.store(Self.sample) == .success)
      try await scene.ask("2.25.1", [Self.sample.sop], as: "ESCROW")
      #expect(try await scene.hear().information.committed == [Self.sample.sop])
      let instance = try await scene.engine.ledger.instances(InstanceFilter(), page: PageRequest()).items.first
      #expect(instance?.instance.promise == nil)
    }
  }

  // MARK: A hook

  private static func hooked(_ peer: inout Peer) {
    peer.inquiries.decide = HookEndpoint(url: "https://hook.test")
  }

  @Test func aHookDecides() async throws {
    let other = InquiryScene.reference("1.2.4")
    let silent = InquiryScene.reference("1.2.5")
    let hook = ScriptedHook { question in
      #expect(question.peer == "ct1")
      #expect(question.references.map(\.position) == [0, 1, 2])
      #expect(question.references.allSatisfy { $0.instance == nil && !$0.isProved })
      return [Self.unknown.instanceUID: 0, other.instanceUID: 0x0213]
    }
    try await InquiryScene.run(hook: hook, adapt: Self.hooked) { scene in
      try await scene.ask("2.25.1", [Self.unknown, other, silent])
      let heard = try await scene.hear()
      #expect(heard.information.committed == [Self.unknown])
      #expect(
        heard.information.failed == [.init(sop: other, reason: 0x0213), .init(sop: silent, reason: 0x0110)])
    }
  }

  @Test func aHookThatFailsIsNeverASuccess() async throws {
    struct Trouble: Error {}
    try await InquiryScene.run(hook: ScriptedHook { _ in throw Trouble() }, adapt: Self.hooked) { scene in
      try await scene.ask("2.25.1", [Self.unknown])
      #expect(try await scene.hear().information.failed == [.init(sop: Self.unknown, reason: 0x0110)])
    }
  }

  @Test func aHookIsAskedAboutAThousandAtMost() async throws {
    let references = (1...1500).map { InquiryScene.reference(UID("1.2.\($0)")) }
    let hook = ScriptedHook { question in
      #expect(question.references.count <= 1000)
      return Dictionary(uniqueKeysWithValues: question.references.map { ($0.sop.instanceUID, 0) })
    }
    try await InquiryScene.run(hook: hook, adapt: Self.hooked) { scene in
      try await scene.ask("2.25.1", references)
      #expect(try await scene.hear().information.committed == references)
    }
  }
}
