import DICOM
import EscrowCore

extension LedgerConformance {
  /// What another copy, another arrival or another route may not stand for.
  static let terms: [LedgerCase] = [
    LedgerCase("a later arrival's terms make the earlier ones stricter, and never looser") { scene in
      let lenient = PlannedDelivery.edited(acceptEdited: true, proof: .response, acceptDiscarded: true)
      let strict = PlannedDelivery.edited(acceptEdited: false, proof: .commitment, acceptDiscarded: false)
      try await scene.admit(1, to: [lenient])
      try await scene.admit(2, to: [strict])
      try await scene.admit(3, sop: 1, to: [strict], at: 1)
      try await scene.admit(4, sop: 2, to: [lenient], at: 1)
      for number in 1...2 {
        let delivery = try await scene.delivery(number)
        try expect(delivery.terms, strict.terms)
        try expect(delivery.proof, .commitment)
        try expect(delivery.acceptDiscarded, false)
      }
      try await scene.deliver(2)
      try await expect(scene.instance(1).state, .settled)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("a route that wants the original keeps ours when only an edited copy was delivered") { scene in
      try await scene.admit(1, to: [.edited(acceptEdited: true)])
      try await scene.deliver()
      try await scene.admit(2, sop: 1, to: [.commitment("archive")], at: 100)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("what may be there keeps the terms it went by: a late report speaks of that copy") { scene in
      try await scene.admit(1, to: [.edited()])
      try await scene.send(at: 1)
      try await scene.ask(1, at: 102)
      try await scene.change(.cancel, at: 103)
      try await expect(
        scene.reroute(1, to: [.commitment("archive")], at: 104), "the routes want nothing that is not on record")
      try await scene.change(.retry, at: 105)
      try await expect(scene.delivery(1).state, .queued)
      try await scene.report(1, committed: [1], at: 106)
      try await expect(scene.delivery(1).state, .delivered)
      try await expect(scene.delivery(1).terms, PlannedDelivery.edited().terms)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("what is to be sent again keeps the terms it went by") { scene in
      try await scene.admit(1, to: [.edited()])
      try await scene.send(at: 1)
      try await scene.ask(1, at: 102)
      try await scene.report(1, failed: [1], at: 103)
      try await expect(scene.delivery(1).state, .queued)
      _ = try await scene.reroute(1, to: [.commitment("archive")], at: 104)
      try await expect(scene.delivery(1).terms, PlannedDelivery.edited().terms)
    },
    LedgerCase("what another route edits for the alternative takes nobody's place") { scene in
      try await scene.admit(1, to: [.orElse(), .edited("research", proof: .response)])
      try await scene.replace(at: 5)
      try await expect(scene.delivery(1).behind, nil)
      try await expect(scene.delivery(1, to: "research").replaces, nil)
      try await scene.send("research", at: 6)
      try await expect(scene.delivery(1).state, .queued)
      try await expect(scene.replace(at: 7), 0)
      try await expect(scene.claimed(at: 8), [1])
    },
    LedgerCase("who takes a place keeps the stricter terms of both") { scene in
      let edits = PlannedDelivery.edited().terms.edits
      let lenient = PlannedDelivery.edited(
        "research", acceptEdited: true, proof: .response, acceptDiscarded: true)
      try await scene.admit(1, to: [.orElse(edits: edits), lenient])
      try await scene.replace(at: 5)
      let other = try await scene.delivery(1, to: "research")
      try await expect(other.replaces, scene.delivery(1).id)
      try expect(other.proof, .commitment)
      try expect(other.acceptDiscarded, false)
      try expect(other.terms.acceptEdited, false)
      try await scene.send("research", at: 6)
      try await scene.ask(1, "research", at: 100)
      try await scene.report(1, committed: [1], from: ["research"], at: 101)
      try await expect(scene.delivery(1).state, .superseded)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("what a weaker proof delivered to the alternative takes the place when the stronger one is there") {
      scene in
      try await scene.admit(1, to: [.orElse(), .response("research")])
      try await scene.send("research", at: 1)
      try await expect(scene.delivery(1, to: "research").state, .delivered)
      try await scene.replace(at: 5)
      try await scene.expectSupersededByItsCommitment()
    },
    LedgerCase("what was replaced and then wants a stronger proof has it from the alternative") { scene in
      try await scene.admit(1, to: [.orElse(proof: .response)])
      try await scene.replace(at: 5)
      try await scene.admit(2, sop: 1, to: [.orElse()], at: 6)
      try await expect(scene.delivery(1, to: "research").proof, .response)
      try await scene.send("research", at: 7)
      try await scene.expectSupersededByItsCommitment()
    },
    LedgerCase("who cannot commit takes the place of nothing that another route wants committed") { scene in
      try await scene.admit(1, to: [.orElse(proof: .commitment, cannotCommit: true)])
      try await scene.replace(at: 5)
      try await expect(scene.delivery(1).behind, nil)
      try await expect(scene.claimed(at: 6), [1])
      // Or wants so later, when it is on its way there.
      try await scene.admit(2, to: [.orElse(proof: .response, cannotCommit: true)], at: 10)
      try await scene.replace(at: 11)
      try await expect(scene.delivery(2).behind, scene.delivery(2, to: "research").id)
      try await scene.admit(3, sop: 2, to: [.commitment("archive")], at: 12)
      try await scene.send("research", at: 13)
      try await expect(scene.delivery(2, to: "research").state, .delivered)
      try await expect(scene.delivery(2).state, .queued)
      try await expect(scene.claimed(at: 14), [2])
    },
  ]
}

extension Scene {
  /// The alternative has it, and takes the place only when it has reported that it keeps it.
  fileprivate func expectSupersededByItsCommitment() async throws {
    try await expect(delivery(1).state, .queued)
    try await expect(delivery(1, to: "research").state, .sent)
    try await ask(1, "research", at: 100)
    try await report(1, committed: [1], from: ["research"], at: 101)
    try await expect(delivery(1).state, .superseded)
    try await expect(purge(at: 5000), [1])
  }

  @discardableResult
  fileprivate func replace(at seconds: Int) async throws -> Int {
    try await ledger.replace(at: "archive", limit: 10, now: .at(seconds))
  }
}

extension PlannedDelivery {
  /// Without the patient's name.
  fileprivate static func edited(
    _ destination: PeerName = "archive", acceptEdited: Bool = false, proof: Proof = .commitment,
    acceptDiscarded: Bool = false
  ) -> PlannedDelivery {
    PlannedDelivery(
      to: destination, proof: proof, routes: ["r"], acceptDiscarded: acceptDiscarded,
      terms: SendTerms(edits: [Edit("PatientName", .remove)], acceptEdited: acceptEdited))
  }

  /// To the archive; to research when that is down.
  fileprivate static func orElse(
    edits: [Edit] = [], proof: Proof = .commitment, cannotCommit: Bool = false
  ) -> PlannedDelivery {
    PlannedDelivery(
      to: "archive", proof: proof, routes: ["r"],
      terms: SendTerms(edits: edits, alternative: .init("research", cannotCommit: cannotCommit)))
  }
}
