import EscrowCore

extension LedgerConformance {
  static let files: [LedgerCase] = [
    LedgerCase("a missing file of what is safe counts as purged") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.ledger.recordMissingFile(.number(1), reason: "file missing", now: .at(30))
      try await expect(scene.instance(1).state, .purged)
      try await expect(scene.ledger.files(after: nil, limit: 10), [])
      try await expect(scene.alarms(), [])
    },
    LedgerCase("a missing file of what waits is damage") { scene in
      try await scene.admit(1)
      try await scene.ledger.recordMissingFile(.number(1), reason: "file missing", now: .at(1))
      try await expect(scene.instance(1).state, .damaged)
      try await expect(scene.delivery(1).state, .failed)
      try await expect(scene.delivery(1).reason, "damaged")
      try await expect(Set(scene.alarms()), [.instanceDamaged, .deliveryFailed])
    },
    LedgerCase("a missing file of what failed is damage") { scene in
      try await scene.admit(1)
      try await scene.fail(at: 1)
      try await expect(scene.instance(1).state, .settled)
      try await scene.ledger.recordMissingFile(.number(1), reason: "file missing", now: .at(2))
      try await expect(scene.instance(1).state, .damaged)
    },
    LedgerCase("a missing file of what conflicts is damage") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.admit(2, sop: 1, content: 9, at: 30)
      try await scene.ledger.recordMissingFile(.number(1), reason: "file missing", now: .at(31))
      try await expect(scene.instance(1).state, .damaged)
    },
    LedgerCase("a missing file of what is safe counts as purged, pinned or not") { scene in
      try await scene.admit(1) { $0.pin = "rebuilt" }
      try await scene.deliver()
      try await scene.ledger.recordMissingFile(.number(1), reason: "file missing", now: .at(30))
      try await expect(scene.instance(1).state, .purged)
    },
    LedgerCase("damage says why") { scene in
      try await scene.admit(1)
      try await scene.ledger.recordMissingFile(.number(1), reason: "gone since the backup", now: .at(1))
      try await expect(scene.instance(1).reason, "gone since the backup")
      try await expect(scene.events(), [.instanceDamaged, .deliveryFailed])
    },
    LedgerCase("what was sent before its file was lost goes on being asked for") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ledger.recordMissingFile(.number(1), reason: "file missing", now: .at(11))
      try await expect(scene.instance(1).state, .damaged)
      try await expect(scene.ask(1, at: 15).numbers, [1])
      try await scene.report(1, committed: [1], at: 20)
      try await expect(scene.instance(1).state, .settled)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("damage of a file that is not the instance's any more changes nothing") { scene in
      try await scene.admit(1)
      try await scene.damage(1, file: 7, at: 1)
      try await expect(scene.instance(1).state, .inTransit)
    },
    LedgerCase("a file lost while it is received again is replaced") { scene in
      try await scene.admit(1)
      try await expect(
        scene.admit(2, sop: 1) { $0.lost = [.number(1)] }, .replaced(.number(1), old: .number(1)))
      try await expect(scene.instance(1).file, .number(2))
      try await expect(scene.delivery(1).state, .queued)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("purged and received again it is a new instance") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      _ = try await scene.purge(at: 1020)
      try await scene.finishPurge(1, at: 1021)
      try await expect(scene.admit(2, sop: 1, at: 1030), .admitted(conflicted: false))
      try await expect(scene.instance(2).state, .inTransit)
      try await expect(scene.claimed(at: 1031), [2])
    },
    LedgerCase("an older file of an instance takes the place of a newer one that is lost") { scene in
      try await scene.admit(1)
      try await scene.damage(1, at: 1)
      try await expect(scene.admit(2, sop: 1, at: 2), .replaced(.number(1), old: .number(1)))
      try await expect(scene.admit(1, at: 3), .known(.number(1)))
      try await expect(scene.instance(1).file, .number(2))
      try await expect(
        scene.admit(1, at: 4) { $0.lost = [.number(1)] }, .replaced(.number(1), old: .number(2)))
      try await expect(scene.instance(1).file, .number(1))
      try await expect(scene.claimed(at: 5), [1])
    },
    LedgerCase("damage of what is proved elsewhere is told once, and retention goes on") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      for seconds in [100, 200] {
        try await scene.damage(1, at: seconds)
        try await expect(scene.instance(1).state, .settled)
      }
      try await expect(scene.events().filter { $0 == .instanceDamaged }.count, 1)
      try await expect(scene.purge(at: 1100), [1])
    },
    LedgerCase("purges that were begun are finished first and keep no others, also after a restart") { scene in
      for number in 1...2 { try await scene.admit(number) }
      try await scene.deliver(2)
      try await expect(scene.purge(limit: 1, at: 1020), [1])
      try await expect(scene.ledger.recover(now: .at(1021)).map(\.instance.number), [1])
      try await expect(scene.purge(limit: 1, at: 1022), [1, 2])
      for _ in 1...2 { try await scene.finishPurge(1, at: 1023) }
      try await expect(scene.events().filter { $0 == .instancePurged }.count, 1)
    },
    LedgerCase("only what is being purged can be purged") { scene in
      try await scene.admit(1)
      try await scene.finishPurge(1, at: 1)
      try await expect(scene.instance(1).state, .inTransit)
    },
  ]
}
