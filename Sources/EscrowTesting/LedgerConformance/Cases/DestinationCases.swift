import DICOM
import EscrowCore

extension LedgerConformance {
  /// What an operator does to a whole destination.
  static let destinations: [LedgerCase] = [
    LedgerCase("nothing is claimed for a destination that an operator stopped") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .response("research")])
      for kind in AlarmKind.stopsSending {
        try await scene.ledger.raise(
          Alarm(kind, subject: "archive", since: .at(1), text: "paused by admin: update"), event: nil)
        try await expect(scene.claimed(at: 2), [])
        try await scene.ledger.clear(kind, subject: "archive", event: nil)
      }
      try await expect(scene.claimed("research", at: 3), [1])
      try await expect(scene.claimed(at: 3), [1])
    },
    LedgerCase("what is queued or failed goes elsewhere, with the same proof, priority and routes") { scene in
      for number in 1...3 { try await scene.admit(number, to: [.commitment("archive", priority: .high)]) }
      let claims = try await scene.claim(limit: 2, at: 1).claims
      try await scene.record(claims[0], .stored(discardedElements: false), status: 0, at: 2)
      try await scene.record(claims[1], .failed(reason: "refused"), status: 0xA900, at: 2)
      try await expect(scene.alarms(), [.deliveryFailed])
      try await expect(scene.repoint(dryRun: true, at: 3), BulkResult(matched: 2, changed: 2))
      try await expect(scene.delivery(3).state, .queued)
      try await expect(scene.repoint(at: 4), BulkResult(matched: 2, changed: 2))
      try await expect(scene.delivery(1).state, .sent)
      for number in 2...3 {
        try await expect(scene.delivery(number).state, .waived)
        try await expect(scene.delivery(number).reason, "repointed to archive2: because")
        let new = try await scene.delivery(number, to: "archive2")
        try expect(
          [new.proof.rawValue, "\(new.priority)", "\(new.state)"] + new.routes, ["commitment", "high", "queued", "r"])
        try await expect(scene.instance(number).state, .inTransit)
      }
      try await expect(scene.alarms(), [])
      try await expect(scene.lastEvent().reason, "repointed to archive2: because")
      try await expect(scene.claimed("archive2", at: 5), [2, 3])
    },
    LedgerCase("a copy goes when the other destination has proved it") { scene in
      try await scene.admit(1)
      try await scene.repoint(at: 1)
      try await expect(scene.purge(at: 5000), [])
      try await scene.send("archive2", at: 5001)
      try await scene.ask(1, "archive2", at: 5010)
      try await scene.report(1, committed: [1], from: ["archive2"], at: 5020)
      try await expect(scene.purge(at: 9000), [1])
    },
    LedgerCase("what cannot be proved there, is held, was asked for by the API, or is damaged stays") { scene in
      try await scene.admit(1)
      try await scene.admit(2, to: [.response("archive")])
      try await scene.change(.hold, DeliveryFilter(instance: .number(2)), at: 1)
      try await scene.admit(3, to: [.api("archive")])
      try await scene.admit(4, to: [.response("archive")])
      try await scene.damage(4, at: 1)
      let result = try await scene.repoint(proofs: [.response], at: 2)
      try expect(
        result.skipped.map(\.reason),
        [
          "archive2 cannot give its proof, commitment", "the delivery is held: release it first",
          "a call of the API asked for it: cancel it instead", "the instance is damaged",
        ])
      try await expect(scene.ledger.openProofs(at: "archive"), [.commitment, .response])
    },
    LedgerCase("what the other destination gets anyway is not sent twice") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .response("archive2")])
      try await scene.repoint(at: 1)
      try await expect(scene.delivery(1, to: "archive2").proof, .commitment)
      try await expect(scene.claimed("archive2", at: 2), [1])
      try await scene.admit(2, to: [.commitment("archive"), .commitment("archive2")])
      try await scene.fail("archive2", at: 3)
      try await expect(scene.repoint(at: 4).skipped.map(\.reason), ["the delivery to archive2 is failed"])
    },
    LedgerCase("what is given up keeps no copy that others have proved") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .commitment("research")])
      try await scene.deliver()
      try await scene.send("research", at: 30)
      try await expect(scene.change(.giveUp, DeliveryFilter(destinations: ["research"]), at: 31).changed, 1)
      try await expect(scene.delivery(1, to: "research").state, .waived)
      try await expect(scene.delivery(1, to: "research").reason, "because")
      try await expect(
        scene.change(.giveUp, at: 32).skipped.map(\.reason), ["the delivery is delivered", "the delivery is waived"])
      try await expect(scene.purge(at: 5000), [1])
    },
    LedgerCase("what is being sent is given up when that has ended") { scene in
      try await scene.admit(1)
      let claim = try require(try await scene.claim(at: 1).claims.first)
      try await expect(
        scene.change(.giveUp, at: 2).skipped.map(\.reason),
        ["the delivery is being sent: do it again when that has ended"])
      try await scene.record(claim, .failed(reason: "refused"), at: 3)
      try await expect(scene.change(.giveUp, at: 4).changed, 1)
      try await expect(scene.instance(1).state, .settled)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("what waits is told by study, with reasons") { scene in
      for number in 1...3 {
        try await scene.admit(number, study: number == 3 ? Scene.otherStudy : Scene.study, at: number)
      }
      try await scene.change(.hold, DeliveryFilter(instance: .number(2)), at: 4)
      try await scene.fail(at: 5)
      try await scene.admit(4, study: nil, at: 6)
      let waiting = try await scene.ledger.waiting(for: "archive", limit: 10)
      try expect(waiting.isComplete, true)
      let first = try require(waiting.oldestFirst.first)
      try expect(first.key, Scene.study)
      try expect(first.oldest, .at(1))
      try expect(first.bytes, 2000)
      try expect(first.states, [.queued: 1, .failed: 1])
      try expect(first.reasons, ["refused": 1, "held by admin: because": 1])
      try expect(waiting.oldestFirst.last?.key, SOPInstance.number(4).instanceUID)
      try await expect(scene.ledger.waiting(for: "archive", limit: 1).isComplete, false)
      try await expect(scene.ledger.waiting(for: "research", limit: 1), WaitingStudies())
    },
  ]
}

extension Scene {
  /// Sends to archive2 what is queued or failed for the archive.
  @discardableResult
  fileprivate func repoint(
    proofs: Set<Proof> = Set(Proof.allCases), dryRun: Bool = false, at seconds: Int
  ) async throws -> BulkResult<DeliveryID> {
    try await ledger.repoint(
      DeliveryFilter(states: [.queued, .failed], destinations: ["archive"]),
      to: RepointTarget("archive2", proofs: proofs),
      by: BulkOrder(actor: "admin", reason: "because", dryRun: dryRun), now: .at(seconds))
  }
}
