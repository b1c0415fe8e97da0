import EscrowCore

extension LedgerConformance {
  static let claims: [LedgerCase] = [
    LedgerCase("claims go by priority, then age, at most the limit") { scene in
      try await scene.admit(1, to: [.commitment("archive", priority: .low)])
      try await scene.admit(2)
      try await scene.admit(3)
      try await scene.admit(4, to: [.commitment("archive", priority: .high)])
      try await expect(scene.claimed(limit: 3, at: 1), [4, 2, 3])
      try await expect(scene.claimed(at: 1), [1])
    },
    LedgerCase("a retry waits until its time") { scene in
      try await scene.admit(1)
      let claim = try require(try await scene.claim(at: 1).claims.first)
      try await scene.record(claim, .retry(notBefore: .at(60), reason: "busy", counted: true), at: 1)
      try await expect(scene.claim(at: 59).nextDue, .at(60))
      try await expect(scene.delivery(1).doubtfulFailures, 1)
      try await expect(scene.claimed(at: 60), [1])
    },
    LedgerCase("when the clock is put back, a retry waits as long as it would have") { scene in
      for number in 1...2 { try await scene.admit(number) }
      let claims = try await scene.claim(at: 1).claims
      for (claim, due) in zip(claims, [10, 60]) {
        try await scene.record(claim, .retry(notBefore: .at(due), reason: "busy", counted: true), at: 1)
      }
      try await scene.ledger.putBackWaits(by: .seconds(1000), now: .at(-980))
      try await expect(scene.claimed(at: -941), [1])
      try await expect(scene.claimed(at: -940), [2])
    },
    LedgerCase("what is due already stays so when the clock is put back") { scene in
      try await scene.admit(1)
      let claim = try require(try await scene.claim(at: 1).claims.first)
      try await scene.record(claim, .returned(notBefore: .at(10), reason: nil), at: 1)
      try await scene.ledger.putBackWaits(by: .seconds(1000), now: .at(20))
      try await expect(scene.delivery(1).notBefore, .at(10))
      try await expect(scene.claimed(at: 20), [1])
    },
    LedgerCase("a returned claim takes its attempt back") { scene in
      try await scene.admit(1)
      let claim = try require(try await scene.claim(at: 1).claims.first)
      try await scene.record(claim, .returned(notBefore: nil, reason: nil), at: 1)
      try await expect(scene.delivery(1).attempts, 0)
      try await expect(scene.delivery(1).state, .queued)
    },
    LedgerCase("a lease ends unless renewed, and late outcomes count no more") { scene in
      try await scene.admit(1)
      let claim = try require(
        try await scene.claim(lease: MonotonicTime(nanoseconds: 10), at: 1).claims.first)
      try await scene.ledger.renew([claim.key], lease: MonotonicTime(nanoseconds: 20))
      try await expect(scene.ledger.expireClaims(at: MonotonicTime(nanoseconds: 19), now: .at(2)), 0)
      try await expect(scene.ledger.expireClaims(at: MonotonicTime(nanoseconds: 20), now: .at(2)), 1)
      try await scene.record(claim, .stored(discardedElements: false), at: 3)
      try await expect(scene.delivery(1).state, .queued)
      try await expect(scene.attempts(1), ["expired"])
    },
    LedgerCase("claims of a dead process end at recovery") { scene in
      try await scene.admit(1)
      _ = try await scene.claim(at: 1)
      try await expect(scene.ledger.recover(now: .at(2)), [])
      try await expect(scene.claimed(at: 3), [1])
    },
    LedgerCase("a failure is told, alarmed, and ends with a requeue") { scene in
      try await scene.admit(1)
      let claim = try require(try await scene.claim(at: 1).claims.first)
      try await scene.record(claim, .failed(reason: "refused"), status: 0xA900, at: 1)
      try await expect(scene.delivery(1).state, .failed)
      try await expect(scene.events(), [.deliveryFailed])
      try await expect(scene.alarms(), [.deliveryFailed])
      try await expect(scene.requeue(at: 2).changed, 1)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("a page after an invalid cursor is refused") { scene in
      try await expect(LedgerError.invalidCursor("x")) {
        _ = try await scene.ledger.deliveries(DeliveryFilter(), page: PageRequest(cursor: "x"))
      }
    },
  ]
}
