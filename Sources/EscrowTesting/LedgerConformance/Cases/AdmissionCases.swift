import EscrowCore

extension LedgerConformance {
  static let admissions: [LedgerCase] = [
    LedgerCase("a new instance is on its way with its deliveries") { scene in
      try await expect(
        scene.admit(1, to: [.commitment("archive"), .response("research")]), .admitted(conflicted: false))
      try await expect(scene.instance(1).state, .inTransit)
      try await expect(scene.delivery(1).state, .queued)
      try await expect(scene.ledger.count(DeliveryFilter()), 2)
      try await expect(scene.ledger.openDestinations(), ["archive", "research"])
    },
    LedgerCase("without a route it is held, with an alarm") { scene in
      try await scene.admit(1, to: [])
      try await expect(scene.instance(1).state, .held)
      try await expect(scene.alarms(), [.instanceHeld])
      try await expect(scene.events(), [.instanceHeld])
    },
    LedgerCase("the same bytes again add deliveries and strengthen proofs") { scene in
      try await scene.admit(1, to: [.response("archive")])
      try await expect(
        scene.admit(2, sop: 1, to: [.commitment("archive"), .response("research")]), .known(.number(1)))
      try await expect(scene.delivery(1).proof, .commitment)
      try await expect(scene.delivery(1, to: "research").state, .queued)
    },
    LedgerCase("other content is a conflict on both, and neither is purged") { scene in
      try await scene.admit(1)
      try await expect(scene.admit(2, sop: 1, content: 9), .admitted(conflicted: true))
      try await expect(scene.instance(1).conflicted, true)
      try await expect(scene.instance(2).conflicted, true)
      try await expect(scene.alarms(), [.instanceConflict])
      try await expect(scene.delivery(2).behind, scene.delivery(1).id)
    },
    LedgerCase("only one of a SOP Instance UID is in flight, also after requeues") { scene in
      try await scene.admit(1)
      let first = try require(try await scene.claim(at: 1).claims.first)
      try await scene.record(first, .failed(reason: "refused"), at: 1)
      try await scene.admit(2, sop: 1, content: 8)
      _ = try await scene.requeue(DeliveryFilter(instance: .number(1)), at: 2)
      try await scene.admit(3, sop: 1, content: 9)
      let second = try require(try await scene.claim(at: 3).claims.first)
      try expect(second.instance, .number(2))
      try await scene.record(second, .failed(reason: "refused"), at: 3)
      try await expect(scene.claimed(at: 4).count, 1)
    },
    LedgerCase("what comes back from where we sent it is a loop") { scene in
      try await scene.admit(1)
      _ = try await scene.claim(at: 1)
      try await expect(scene.admit(2, sop: 1, from: "archive"), .looped(.number(1)))
      try await expect(scene.events(), [.instanceLooped])
    },
    LedgerCase("a damaged file is replaced and its deliveries go on") { scene in
      try await scene.admit(1)
      try await scene.damage(1, at: 1)
      try await expect(scene.instance(1).state, .damaged)
      try await expect(scene.delivery(1).state, .failed)
      try await expect(scene.admit(2, sop: 1), .replaced(.number(1), old: .number(1)))
      try await expect(scene.instance(1).state, .inTransit)
      try await expect(scene.instance(1).file, .number(2))
      try await expect(scene.delivery(1).state, .queued)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("what an operator cancelled while it was sent stays so when a damaged file is replaced") { scene in
      try await scene.admit(1)
      _ = try await scene.claim(at: 1)
      try await scene.change(.cancel, at: 2)
      try await scene.damage(1, at: 3)
      try await expect(scene.delivery(1).state, .cancelled)
      try await expect(scene.admit(2, sop: 1, at: 4), .replaced(.number(1), old: .number(1)))
      try await expect(scene.delivery(1).state, .cancelled)
    },
    LedgerCase("what comes back is taken while another destination may need it and no copy is kept") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .commitment("research")])
      for destination in ["archive", "research"] as [PeerName] { try await scene.send(destination, at: 1) }
      try await scene.damage(1, at: 2)
      try await scene.change(.discard, InstanceFilter(ids: [.number(1)]), at: 3)
      let again = try await scene.admit(
        2, sop: 1, from: "archive", to: [.commitment("archive"), .commitment("research")], at: 4)
      try expect(again, .admitted(conflicted: false))
    },
    LedgerCase("what the API asked for and failed is asked for anew") { scene in
      try await scene.admit(1, to: [.api("archive")])
      try await scene.fail(at: 1)
      try await expect(scene.delivery(1).state, .cancelled)
      try await expect(scene.admit(2, sop: 1, to: [.api("archive")], at: 2), .known(.number(1)))
      try await expect(scene.claimed(at: 3), [1])
    },
    LedgerCase("the same admission twice is one instance") { scene in
      try await scene.admit(1)
      try await expect(scene.admit(1), .admitted(conflicted: false))
      try await expect(scene.ledger.status().instances, [.inTransit: 1])
    },
  ]
}
