import EscrowCore

extension LedgerConformance {
  static let purging: [LedgerCase] = [
    LedgerCase("a proven copy is purged when its retention is over") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await expect(scene.purge(at: 1019), [])
      try await expect(scene.purge(at: 1020), [1])
      try await scene.ledger.finishPurge([.number(1)], now: .at(1021))
      try await expect(scene.instance(1).state, .purged)
      try await expect(scene.ledger.files(after: nil, limit: 10), [])
      try await expect(scene.purge(at: 1022), [])
    },
    LedgerCase("a contradiction after the purge is alarmed and stays on record") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      _ = try await scene.purge(at: 1020)
      try await scene.ledger.finishPurge([.number(1)], now: .at(1021))
      try await scene.report(1, failed: [1], at: 1030)
      try await expect(scene.instance(1).state, .purged)
      try await expect(scene.delivery(1).contradicted, true)
      try await expect(scene.alarms(), [.commitmentContradicted])
    },
    stays("not settled", to: [.commitment("archive"), .commitment("research")]),
    stays("never to be purged", retention: .never),
    stays("discarded elements", discarding: true),
    stays("an open delivery of the API", to: [.commitment("archive"), .api("research")]),
    LedgerCase("a pinned copy stays, and says why") { scene in
      try await scene.admit(1) {
        $0.recovered = true
        $0.pin = "rebuilt"
      }
      try await scene.deliver()
      try await expect(scene.instance(1).state, .settled)
      try await expect(scene.instance(1).pin, "rebuilt")
      try await expect(scene.instance(1).recovered, true)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("a conflicted copy stays") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.admit(2, sop: 1, content: 9, at: 30)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("a wave tells each step once") { scene in
      try await scene.admit(1)
      try await expect(scene.ledger.advanceStudies(quiet: .seconds(60), now: .at(1)), .at(60))
      try await scene.deliver()
      for _ in 1...2 { _ = try await scene.ledger.advanceStudies(quiet: .seconds(60), now: .at(60)) }
      _ = try await scene.purge(at: 1020)
      try await scene.ledger.finishPurge([.number(1)], now: .at(1021))
      for _ in 1...2 { _ = try await scene.ledger.advanceStudies(quiet: .seconds(60), now: .at(1022)) }
      let told = try await scene.events().filter { $0.rawValue.hasPrefix("study.") }
      try expect(told, [.studyReceived, .studyDelivered, .studyCommitted, .studyPurged])
    },
  ]

  /// One condition of the purge guard alone keeps the copy.
  private static func stays(
    _ reason: String, to planned: [PlannedDelivery] = [.commitment("archive")],
    retention: Retention = .after(.seconds(1000)), discarding: Bool = false
  ) -> LedgerCase {
    LedgerCase("a copy stays: \(reason)") { scene in
      try await scene.admit(1, to: planned, retention: retention)
      try await scene.send(discarding: discarding, at: 10)
      try await scene.ask(1, at: 15)
      try await scene.report(1, committed: [1], at: 20)
      try await expect(scene.delivery(1).state, .delivered)
      try await expect(scene.purge(at: 5000), [])
    }
  }
}
