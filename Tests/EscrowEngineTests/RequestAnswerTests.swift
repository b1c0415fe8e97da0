import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import Testing

/// Each way in which a destination may answer to being asked for commitment, over real sockets. None of them proves or
/// disproves anything: a report does.
@Suite struct RequestAnswerTests {
  @Test(arguments: [0x0112, 0x0118, 0x0122, 0x0124, 0x0211] as [UInt16])
  func whatAsksForAPersonIsAnAlarmAndAReportIsStillTaken(status: UInt16) async throws {
    try await CommitmentScene.run { scene in
      scene.archive.answerRequests(.status(Status(rawValue: status)))
      try await scene.store()
      let request = try await scene.request(1)
      try await isRefused(scene)
      #expect(try await scene.delivery().lastError?.contains("\(Status(rawValue: status))") == true)
      try await scene.commit(request)
      #expect(try await scene.delivery().state == .delivered)
    }
  }

  @Test func aRefusedContextIsAnAlarm() async throws {
    try await CommitmentScene.run { scene in
      scene.archive.commitment(.refused)
      try await scene.store()
      try await isRefused(scene)
      #expect(scene.archive.requests.isEmpty)
    }
  }

  /// Stays sent, for a day, with an alarm.
  private func isRefused(_ scene: CommitmentScene) async throws {
    try await scene.engine.eventually("an alarm") { try await scene.alarms() == [.commitmentRefused] }
    let text = try await scene.engine.ledger.alarms().first?.text
    #expect(text?.contains("ask for `proof: query` or `proof: response`") == true, "\(text ?? "")")
    let delivery = try await scene.delivery()
    #expect(delivery.state == .sent)
    #expect(delivery.reason == "commitment request refused")
    let wait = try #require(delivery.notBefore).since(.now())
    #expect(wait > .hours(23) && wait <= .hours(24))
    #expect(scene.archive.stored.count == 1)
  }

  enum Failure: String, CaseIterable, Sendable {
    case processingFailure, resourceLimitation, noSuchActionType, invalidArgument, abort, silence

    var answer: TestArchive.ActionAnswer {
      switch self {
      case .processingFailure: .status(.processingFailure)
      case .resourceLimitation: .status(.resourceLimitation)
      case .noSuchActionType: .status(.noSuchActionType)
      case .invalidArgument: .status(.invalidArgumentValue)
      case .abort: .abort
      case .silence: .silence
      }
    }
  }

  /// Whether the request was understood is unknown: another one follows by the clock, and a report for the first counts.
  @Test(arguments: Failure.allCases) func aFailedRequestIsMadeAgainWithANewUID(failure: Failure) async throws {
    try await CommitmentScene.run(
      policy: { $0.askAgain = [.seconds(5)] }, adapt: { $0.timeouts.action = .milliseconds(300) }
    ) { scene in
      scene.archive.answerRequests(failure.answer)
      try await scene.store()
      let first = try await scene.request(1)
      try await scene.waits(for: .sent)
      // The delivery says so too, unless its report was overdue before the answer was on record.
      try await scene.engine.eventually("the failure is on record") {
        try await scene.engine.ledger.transaction(first.uid)?.message != nil
      }
      let second = try await scene.request(2)
      #expect(second.uid != first.uid && second.references == first.references)
      #expect(scene.archive.stored.count == 1)
      #expect(try await scene.alarms().isEmpty)
      try await scene.commit(first)
      #expect(try await scene.delivery().state == .delivered)
    }
  }

  /// An association that never comes up is no asking.
  @Test func anAssociationThatHangsIsNotCountedAsAsking() async throws {
    try await CommitmentScene.run(adapt: {
      $0.timeouts.association = .milliseconds(200)
      $0.commitment.aeTitles = ["COMMIT", "ARCHIVE"]
    }) { scene in
      scene.archive.commitment(.unanswered)
      try await scene.store()
      try await scene.engine.eventually("two tries") {
        try await scene.engine.ledger.transactions(TransactionFilter(), page: PageRequest()).items.count >= 2
      }
      try await scene.waits(for: .sent)
      #expect(try await scene.delivery().firstAskedAt == nil)
      scene.archive.commitment(.accepted)
      let request = try await scene.request(1)
      try await scene.waits(for: .requested)
      #expect(try await scene.delivery().asks == 1)
      try await scene.commit(request)
      #expect(try await scene.delivery().state == .delivered)
    }
  }

  /// PS3.4 §J.3.3 does not order the report behind the response (row 100): what the response says then is of no use.
  @Test(arguments: [.success, .processingFailure, .noSuchSOPInstance] as [Status])
  func aReportBeforeTheResponseProves(response: Status) async throws {
    try await CommitmentScene.run { scene in
      scene.archive.answerRequests(.atGate(response))
      try await scene.store()
      let request = try await scene.request(1)
      #expect(try await scene.delivery().state == .requested)
      try await scene.commit(request)
      #expect(try await scene.delivery().state == .delivered)
      scene.archive.openGate()
      try await scene.engine.eventually("an answer on record") {
        try await scene.engine.ledger.transaction(request.uid)?.answeredAt != nil
      }
      #expect(try await scene.delivery().state == .delivered)
    }
  }

  @Test(arguments: [true, false]) func aReportOnTheSameAssociationProves(isBefore: Bool) async throws {
    let sample = CommitmentScene.samples(1)[0]
    try await CommitmentScene.run(policy: { $0.waitOnAssociation = .seconds(30) }) { scene in
      let report = CommitmentEventInformation(transactionUID: "1", committed: [sample.sop])
      scene.archive.answerRequests(.reporting([report], before: isBefore))
      try await scene.store()
      try await scene.waits(for: .delivered)
      try await scene.engine.eventually("an answer to the report") { scene.archive.reportAnswers == [.success] }
      #expect(scene.archive.requests.count == 1)
    }
  }

  @Test func aFailureOnTheSameAssociationCounts() async throws {
    let sample = CommitmentScene.samples(1)[0]
    try await CommitmentScene.run(policy: { $0.waitOnAssociation = .seconds(30) }) { scene in
      let report = CommitmentEventInformation(
        transactionUID: "1", failed: [.init(sop: sample.sop, reason: 0x0119)])
      scene.archive.answerRequests(.reporting([report], before: false))
      try await scene.store()
      try await scene.waits(for: .failed)
      #expect(try await scene.alarms() == [.deliveryFailed])
    }
  }
}
