import EscrowCore

extension LedgerConformance {
  /// The purge guard beyond ``purging``: what is settled and stays, and what goes.
  static let guarding: [LedgerCase] = [
    LedgerCase("a copy stays: one of its deliveries failed") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .commitment("research")])
      try await scene.fail("research", at: 1)
      try await scene.deliver()
      try await expect(scene.instance(1).state, .settled)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("a copy stays: only the API had it sent") { scene in
      try await scene.admit(1, to: [.api("research")])
      try await scene.send("research", at: 1)
      try await expect(scene.instance(1).state, .settled)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("a copy stays: its proof was taken back") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.report(1, failed: [1], at: 30)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("a copy stays: a later arrival wants it elsewhere") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.admit(2, sop: 1, to: [.commitment("research")], at: 30)
      try await expect(scene.instance(1).state, .inTransit)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("a copy stays: a later arrival's route keeps it longer") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.admit(2, sop: 1, retention: .after(.seconds(3000)), at: 30)
      try await expect(scene.purge(at: 3019), [])
      try await expect(scene.purge(at: 3020), [1])
    },
    LedgerCase("a copy stays: it is held") { scene in
      try await scene.admit(1, to: [])
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("a copy goes: the route accepts discarded elements") { scene in
      let accepting = PlannedDelivery(to: "archive", proof: .commitment, routes: ["r"], acceptDiscarded: true)
      try await scene.admit(1, to: [accepting])
      try await scene.send(discarding: true, at: 10)
      try await scene.ask(1, at: 15)
      try await scene.report(1, committed: [1], at: 20)
      try await expect(scene.purge(at: 5000), [1])
    },
    LedgerCase("a copy goes: the API's delivery beside it has ended") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .api("research")])
      try await scene.fail("research", at: 1)
      try await scene.deliver()
      try await expect(scene.purge(at: 5000), [1])
    },
  ]
}
