import DICOM
import EscrowCore

extension LedgerConformance {
  /// How deliveries are sent: their terms, their order, and who takes the place of whom.
  static let sending: [LedgerCase] = [
    LedgerCase("what is sent how stays with the delivery") { scene in
      let terms = SendTerms(
        edits: [
          Edit("PatientID", .replace(pattern: "^0", ignoresCase: false, by: "P$$")), Edit("PatientName", .remove),
        ],
        timetable: Timetable([try require(TimeWindow("Mon-Fri 20:00-06:00"))], timeZone: "Europe/Vienna"),
        maxRate: 1_000_000, alternative: .init("research", overwrites: true))
      try await scene.admit(1, to: [.terms(terms)])
      try await expect(scene.delivery(1).terms, terms)
      try await expect(scene.claim(at: 1).claims.map(\.terms), [terms])
    },
    LedgerCase("a study goes before a later one, whatever comes when") { scene in
      try await scene.admit(1)
      try await scene.admit(2, study: Scene.otherStudy)
      try await scene.admit(3)
      try await scene.admit(4, study: Scene.otherStudy, to: [.commitment("archive", priority: .high)])
      try await expect(scene.claimed(limit: 2, at: 1), [4, 1])
      try await expect(scene.claimed(at: 1), [3, 2])
    },
    LedgerCase("a study that is moved to the front goes first, the last moved before") { scene in
      for number in 1...3 { try await scene.admit(number, study: UID("1.2.826.\(number)")) }
      try await scene.admit(4, study: UID("1.2.826.4"), to: [.commitment("archive", priority: .high)])
      for number in [2, 3] {
        try await scene.change(.expedite, DeliveryFilter(studyInstanceUID: UID("1.2.826.\(number)")), at: number)
      }
      try await expect(scene.claimed(at: 9), [3, 2, 4, 1])
      try await expect(scene.change(.expedite, at: 10).skipped.map(\.reason).first, "the delivery is sending")
    },
    LedgerCase("a copy stays while only edited ones are safe, unless its route accepts that") { scene in
      let edits = [Edit("PatientName", .remove)]
      try await scene.admit(1, to: [.terms(SendTerms(edits: edits))])
      try await scene.admit(2, to: [.terms(SendTerms(edits: edits, acceptEdited: true))])
      try await scene.admit(3, to: [.terms(SendTerms(edits: edits)), .response("research")])
      try await scene.send(at: 1)
      try await scene.send("research", at: 2)
      try await scene.ask(1, at: 100)
      try await scene.report(1, committed: [1, 2, 3], at: 101)
      try await expect(scene.instance(1).state, .settled)
      try await expect(scene.purge(at: 5000), [2, 3])
    },
    LedgerCase("what waits for a destination that is down goes to its alternative, and is superseded") { scene in
      try await scene.admit(1, to: [.orElse])
      try await expect(scene.replace(at: 5), 1)
      try await expect(scene.claimed(at: 6), [])
      try await expect(scene.delivery(1).reason, "archive is down: research gets it instead")
      try await expect(scene.delivery(1, to: "research").replaces, scene.delivery(1).id)
      try await expect(scene.replace(at: 7), 0)
      try await scene.send("research", at: 8)
      try await expect(scene.delivery(1).state, .queued)
      try await expect(scene.ask(1, "research", at: 100).numbers, [1])
      try await scene.report(1, committed: [1], from: ["research"], at: 101)
      try await expect(scene.delivery(1).state, .superseded)
      try await expect(scene.delivery(1).reason, "research has it instead")
      try await expect(scene.purge(at: 5000), [1])
    },
    LedgerCase("an alternative that fails gives it back") { scene in
      try await scene.admit(1, to: [.orElse])
      try await scene.replace(at: 5)
      let claim = try require(try await scene.claim("research", at: 6).claims.first)
      try await scene.record(claim, .failed(reason: "refused"), status: 0xA900, at: 7)
      try await expect(scene.delivery(1).behind, nil)
      // That way is closed.
      try await scene.replace(at: 8)
      try await expect(scene.claimed(at: 9), [1])
    },
    LedgerCase("what may be there waits for its destination") { scene in
      for number in 1...4 { try await scene.admit(number, to: [.orElse]) }
      let claims = try await scene.claim(limit: 3, at: 1).claims
      let again = AttemptOutcome.Result.retry(notBefore: .at(2), reason: "no answer", counted: false)
      let cutOff = AttemptOutcome(key: claims[0].key, result: again, startedAt: .at(1), mayBeThere: true)
      try await scene.ledger.record([cutOff], now: .at(2))
      try await scene.record(claims[1], again, status: 0xA700, at: 2)
      _ = try await scene.ledger.expireClaims(at: MonotonicTime(nanoseconds: .max), now: .at(3))
      try await expect(scene.replace(at: 5), 2)
      try await expect(scene.claimed("research", at: 6), [2, 4])
      try await expect(scene.claimed(at: 6), [1, 3])
    },
    LedgerCase("an alternative that gets it anyhow takes the place") { scene in
      try await scene.admit(1, to: [.orElse, .response("research")])
      try await scene.replace(at: 5)
      try await expect(scene.delivery(1, to: "research").proof, .commitment)
      try await scene.send("research", at: 6)
      try await scene.ask(1, "research", at: 100)
      try await scene.report(1, committed: [1], from: ["research"], at: 101)
      try await expect(scene.delivery(1).state, .superseded)
    },
    LedgerCase("what is like it at the first destination does not wait for the alternative") { scene in
      try await scene.admit(1, to: [.orElse])
      try await scene.admit(2, sop: 1, content: 2, to: [.commitment("archive")])
      try await scene.replace(at: 5)
      try await expect(scene.claimed(at: 6), [])
      try await scene.send("research", at: 8)
      try await scene.ask(1, "research", at: 100)
      try await scene.report(1, committed: [1], from: ["research"], at: 101)
      try await expect(scene.claimed(at: 102), [2])
    },
    LedgerCase("what was rerouted is sent as the routes say now, what was sent stays as it was") { scene in
      let (old, new) = (
        SendTerms(edits: [Edit("PatientID", .set("山"))]), SendTerms(edits: [Edit("PatientID", .set("X"))])
      )
      for number in 1...2 { try await scene.admit(number, to: [.terms(old)]) }
      let claims = try await scene.claim(at: 1).claims
      try await scene.record(claims[0], .failed(reason: "cannotBeEdited"), at: 2)
      try await scene.record(claims[1], .stored(discardedElements: false), at: 2)
      try await expect(scene.reroute(1, to: [.terms(new)], at: 3), nil)
      try await expect(scene.reroute(2, to: [.terms(new)], at: 3), "the routes want nothing that is not on record")
      try await expect(scene.delivery(1).terms, new)
      try await expect(scene.delivery(2).terms, old)
      try await scene.change(.retry, DeliveryFilter(instance: .number(1)), at: 4)
      try await expect(scene.claim(at: 5).claims.map(\.terms), [new])
    },
    LedgerCase("what a destination takes nothing of waits for an operator, with an alarm") { scene in
      try await scene.admit(1)
      let claim = try require(try await scene.claim(at: 1).claims.first)
      try await scene.record(claim, .held(reason: "sopClassNotSupported"), status: 0x0122, message: "0122H", at: 2)
      try await expect(scene.delivery(1).state, .queued)
      try await expect(
        scene.delivery(1).hold, Hold(by: Hold.system, reason: "sopClassNotSupported: 0122H", at: .at(2)))
      try await expect(scene.alarms(), [.deliveryHeld])
      try await expect(scene.claimed(at: 1000), [])
      try await scene.change(.release, at: 1001)
      try await expect(scene.alarms(), [])
      try await expect(scene.claimed(at: 1002), [1])
    },
    LedgerCase("what is held without having been offered was not tried") { scene in
      try await scene.admit(1)
      let claim = try require(try await scene.claim(at: 1).claims.first)
      try await scene.record(claim, .held(reason: "sopClassNotSupported", wasOffered: false), at: 2)
      try await expect(scene.delivery(1).attempts, 0)
      try await expect(scene.delivery(1).hold?.by, Hold.system)
      try await scene.change(.release, at: 3)
      try await scene.send(at: 4)
      try await expect(scene.attempts(1), ["returned", "stored"])
    },
    LedgerCase("a reason that is a destination's finds what is queued there") { scene in
      try await scene.admit(1)
      try await scene.admit(2, to: [.response("research")])
      try await scene.admit(3)
      try await scene.change(.hold, DeliveryFilter(instance: .number(3)), at: 1)
      var filter = DeliveryFilter()
      filter.reason = "PAUSED"
      try await expect(scene.ledger.count(filter), 0)
      filter.reasonOf = ["archive"]
      try await expect(scene.ledger.count(filter), 1)
      try await expect(
        scene.ledger.deliveries(filter, page: PageRequest()).items.map(\.delivery.instance.number), [1])
      filter.reason = "because"
      filter.reasonOf = []
      try await expect(scene.ledger.count(filter), 1)
    },
  ]
}

extension Scene {
  @discardableResult
  fileprivate func replace(at seconds: Int) async throws -> Int {
    try await ledger.replace(at: "archive", limit: 10, now: .at(seconds))
  }
}

extension PlannedDelivery {
  fileprivate static func terms(_ terms: SendTerms) -> PlannedDelivery {
    PlannedDelivery(to: "archive", proof: .commitment, routes: ["r"], terms: terms)
  }

  /// To the archive; to research when that is down.
  fileprivate static var orElse: PlannedDelivery { terms(SendTerms(alternative: .init("research"))) }
}
