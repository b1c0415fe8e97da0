import DICOM
import DICOMProtocol
import EscrowCore
import EscrowTesting
import Testing

/// Reports that come late, out of order, for the wrong attempt, or against what was reported before, over real sockets.
@Suite struct ReportOrderTests {
  /// Asked twice: the first report is overdue, the second for an hour to come.
  private func askedTwice(
    resendAfter: Duration = .hours(1),
    _ body: (CommitmentScene, TestArchive.Request, TestArchive.Request) async throws -> Void
  ) async throws {
    try await CommitmentScene.run(policy: {
      $0.askAgain = [.milliseconds(100), .hours(1)]
      $0.resendAfter = resendAfter
    }) { scene in
      try await scene.store()
      let (first, second) = (try await scene.request(1), try await scene.request(2))
      #expect(first.uid != second.uid && first.references == second.references)
      try await scene.waits(for: .requested)
      #expect(try await scene.delivery().asks == 2)
      // Silence is no reason to send again.
      #expect(scene.archive.stored.count == 1)
      try await body(scene, first, second)
    }
  }

  private func fail(_ request: TestArchive.Request, _ reason: UInt16, at scene: CommitmentScene) async throws {
    let status = try await scene.report(request, failed: request.references, reason: reason)
    #expect(status == .success)
  }

  /// Stores all, and lets them reach the archive one right after the other, so that one request asks for them.
  private func storeTogether(_ scene: CommitmentScene) async throws {
    scene.archive.closeGateForStores()
    try await scene.store()
    scene.archive.openGate()
  }

  @Test func aLateReportOfTheFirstRequestProves() async throws {
    try await askedTwice { scene, first, _ in
      try await scene.commit(first)
      #expect(try await scene.delivery().state == .delivered)
    }
  }

  @Test func aLateFailureOfTheFirstRequestSpeaksOfTheSameAttempt() async throws {
    try await askedTwice { scene, first, _ in
      try await fail(first, 0x0112, at: scene)
      #expect(try await scene.delivery().state == .queued)
      #expect(try await scene.delivery().reason == "commitment failed: 0112H")
    }
  }

  @Test func anOlderFailureDoesNotUndoANewerProof() async throws {
    try await askedTwice { scene, first, second in
      try await scene.commit(second)
      try await fail(first, 0x0112, at: scene)
      #expect(try await scene.delivery().state == .delivered)
      #expect(try await !scene.delivery().contradicted)
      #expect(try await scene.alarms().isEmpty)
    }
  }

  @Test func anOlderSuccessDoesNotUndoANewerFailure() async throws {
    try await askedTwice { scene, first, second in
      try await fail(second, 0x0112, at: scene)
      try await scene.commit(first)
      #expect(try await scene.delivery().state == .queued)
    }
  }

  /// A transaction opened later contradicts as well as the one that proved.
  @Test func aNewerFailureContradictsAnOlderProof() async throws {
    try await askedTwice { scene, first, second in
      try await scene.commit(first)
      try await fail(second, 0x0131, at: scene)
      #expect(try await scene.delivery().state == .sent)
      #expect(try await scene.delivery().contradicted)
      #expect(try await scene.alarms() == [.commitmentContradicted])
      #expect(try await scene.instance().state == .inTransit)
    }
  }

  @Test func whatWaitsToBeSentAgainIsProved() async throws {
    try await askedTwice { scene, first, second in
      try await fail(first, 0x0112, at: scene)
      #expect(try await scene.delivery().state == .queued)
      try await scene.commit(second)
      #expect(try await scene.delivery().state == .delivered)
      #expect(scene.archive.stored.count == 1)
    }
  }

  @Test func whatIsBeingSentAgainIsProved() async throws {
    try await askedTwice(resendAfter: .milliseconds(10)) { scene, first, second in
      scene.archive.closeGateForStores()
      try await fail(first, 0x0112, at: scene)
      try await scene.engine.eventually("sent again") { scene.archive.stored.count == 2 }
      #expect(try await scene.delivery().state == .sending)
      try await scene.commit(second)
      #expect(try await scene.delivery().state == .delivered)
      scene.archive.openGate()
      try await scene.engine.eventually("both attempts on record") { try await scene.attempts().count == 2 }
      #expect(try await scene.delivery().state == .delivered)
    }
  }

  @Test func whatHasFailedIsProved() async throws {
    try await askedTwice { scene, first, second in
      try await fail(first, 0x0119, at: scene)
      #expect(try await scene.delivery().state == .failed)
      #expect(try await scene.alarms() == [.deliveryFailed])
      try await scene.commit(second)
      #expect(try await scene.delivery().state == .delivered)
      #expect(try await scene.alarms().isEmpty)
    }
  }

  /// It was sent again since: what the report says is true of what was there before.
  @Test func aFailureOfAnEarlierAttemptIsOnlyRecorded() async throws {
    try await askedTwice(resendAfter: .milliseconds(10)) { scene, first, second in
      try await fail(second, 0x0112, at: scene)
      let third = try await scene.request(3)
      try await scene.waits(for: .requested)
      #expect(scene.archive.stored.count == 2)
      for reason in [0x0119, 0x0112] as [UInt16] { try await fail(first, reason, at: scene) }
      #expect(try await scene.delivery().state == .requested)
      try await scene.commit(third)
      #expect(try await scene.delivery().state == .delivered)
      #expect(scene.archive.stored.count == 2)
    }
  }

  @Test func whatTheArchiveHasNoMoreIsSentAgain() async throws {
    try await CommitmentScene.run(policy: { $0.resendAfter = .milliseconds(10) }) { scene in
      try await scene.store()
      let first = try await scene.request(1)
      try await scene.commit(first)
      try await fail(first, 0x0112, at: scene)
      let second = try await scene.request(2)
      #expect(scene.archive.stored.count == 2)
      #expect(try await scene.delivery().contradicted)
      #expect(try await scene.alarms() == [.commitmentContradicted])
      try await scene.commit(second)
      #expect(try await scene.delivery().state == .delivered)
      #expect(try await scene.alarms().isEmpty)
    }
  }

  @Test func aContradictionAfterThePurgeIsAnAlarmAndEndsVouching() async throws {
    let route = Route(
      name: "r", match: .all([]), sends: [.init(to: "archive", proof: .commitment)], retention: .after(.zero))
    try await CommitmentScene.run(routes: [route]) { scene in
      try await scene.store()
      let request = try await scene.request(1)
      try await scene.commit(request)
      try await scene.engine.eventually("purged") { try await scene.instance().state == .purged }
      try await fail(request, 0x0112, at: scene)
      #expect(try await scene.alarms() == [.commitmentContradicted])
      let (instance, delivery) = (try await scene.instance(), try await scene.delivery())
      #expect(instance.state == .purged && delivery.state == .delivered && delivery.contradicted)
      #expect(instance.reason == "archive: commitment taken back: 0112H")
      #expect(scene.archive.stored.count == 1)
    }
  }

  @Test func aPartialReportLeavesTheRestToBeAskedForAgain() async throws {
    try await CommitmentScene.run(
      CommitmentScene.samples(2),
      policy: {
        $0.quiet = .seconds(20)
        $0.askAgain = [.seconds(15)]
      }
    ) { scene in
      try await storeTogether(scene)
      let first = try await scene.request(1)
      try #require(first.references.count == 2)
      let (named, left) = (scene.samples[0].sop, scene.samples[1].sop)
      #expect(try await scene.report(first, committed: [named]) == .success)
      #expect(try await scene.delivery(0).state == .delivered)
      let other = try await scene.delivery(1).state
      #expect([.requested, .sent].contains(other))
      // Where all of this took too long, both were asked for again before the report.
      let second = try await scene.request { $0.references == [left] }
      try await scene.commit(second)
      #expect(try await scene.delivery(1).state == .delivered)
      #expect(scene.archive.stored.count == 2)
    }
  }

  /// Each instance goes its own way, whatever else is in the report.
  @Test func aMixedReportDecidesInstanceByInstance() async throws {
    try await CommitmentScene.run(
      CommitmentScene.samples(4),
      policy: {
        $0.quiet = .seconds(20)
        $0.resendAfter = .hours(1)
      }
    ) { scene in
      try await storeTogether(scene)
      let request = try await scene.request(1)
      try #require(request.references.count == 4)
      let sops = scene.samples.map(\.sop)
      let stranger = SOPInstance(classUID: sops[0].classUID, instanceUID: "1.2.3.4.5")
      let report = CommitmentEventInformation(
        transactionUID: request.uid, committed: [sops[0], stranger, sops[0], sops[3]],
        failed: [
          .init(sop: sops[1], reason: 0x0112), .init(sop: sops[2], reason: 0x0110),
          .init(sop: stranger, reason: 0x0112),
          .init(sop: sops[3], reason: 0x0122),
        ])
      for _ in 1...2 {
        let status = try await scene.send(report)
        #expect(status == .success)
        var states: [DeliveryState] = []
        for index in sops.indices { states.append(try await scene.delivery(index).state) }
        #expect(states == [.delivered, .queued, .sent, .failed])
      }
      #expect(try await scene.delivery(2).failedAsks == 1, "the same report twice counts once")
      #expect(scene.archive.stored.count == 4)
    }
  }
}
