import EscrowCore

extension LedgerConformance {
  static let operating: [LedgerCase] = [
    LedgerCase("a dry run counts and changes nothing") { scene in
      try await scene.admit(1)
      try await scene.fail(at: 1)
      let told = try await scene.ledger.lastEvent()
      let result = try await scene.change(.retry, dryRun: true, at: 2)
      try expect(result, BulkResult(matched: 1, changed: 1))
      try await expect(scene.delivery(1).state, .failed)
      try await expect(scene.alarms(), [.deliveryFailed])
      try await expect(scene.ledger.lastEvent(), told)
    },
    LedgerCase("what cannot be requeued is skipped with the reason") { scene in
      try await scene.admit(1)
      try await scene.admit(2)
      try await scene.damage(2, at: 1)
      let result = try await scene.requeue(at: 2)
      try expect(result.matched, 2)
      try expect(result.changed, 0)
      try expect(
        result.skipped.map(\.reason), ["it waits for its destination, not for a time", "the instance is damaged"])
    },
    LedgerCase("a requeue resets the counters and says who did it") { scene in
      try await scene.admit(1)
      let claim = try require(try await scene.claim(at: 1).claims.first)
      try await scene.record(claim, .retry(notBefore: .at(2), reason: "busy", counted: true), at: 1)
      try await scene.send(at: 2)
      try await scene.ask(1, at: 7)
      try await scene.report(1, failed: [1], at: 8)
      try await scene.fail(at: 20)
      try await expect(scene.delivery(1).resends, 1)
      try await expect(scene.requeue(at: 30).changed, 1)
      let delivery = try await scene.delivery(1)
      try expect([delivery.doubtfulFailures, delivery.asks, delivery.failedAsks, delivery.resends], [0, 0, 0, 0])
      try expect(delivery.firstAskedAt, nil)
      try await expect(scene.instance(1).state, .inTransit)
      try await expect(scene.lastEvent().actor, "admin")
      try await expect(scene.claimed(at: 31), [1])
    },
    LedgerCase("the alarm of failed deliveries stays as long as one is failed") { scene in
      for number in 1...2 { try await scene.admit(number) }
      try await scene.fail(at: 1)
      _ = try await scene.requeue(DeliveryFilter(instance: .number(1)), at: 2)
      try await expect(scene.alarms(), [.deliveryFailed])
      _ = try await scene.requeue(DeliveryFilter(instance: .number(2)), at: 3)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("what the API asked for is cancelled instead of failed, without alarm") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .api("research")])
      try await scene.fail("research", at: 1)
      try await expect(scene.delivery(1, to: "research").state, .cancelled)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("an alarm that is open gets the new text, and tells its event once") { scene in
      for (seconds, text) in [(1, "90 %"), (2, "95 %")] {
        try await scene.ledger.raise(
          Alarm(.storageLow, subject: "/spool", since: .at(seconds), text: text),
          event: EscrowEvent(.storageLow, at: .at(seconds)))
      }
      try await expect(
        scene.ledger.alarms(), [Alarm(.storageLow, subject: "/spool", since: .at(1), text: "95 %")])
      try await expect(scene.events(), [.storageLow])
    },
    LedgerCase("the end of an alarm is told if it was open") { scene in
      let end = EscrowEvent(.destinationUp, at: .at(2))
      try await scene.ledger.clear(.destinationDown, subject: "archive", event: end)
      try await expect(scene.events(), [])
      try await scene.ledger.raise(
        Alarm(.destinationDown, subject: "archive", since: .at(1), text: "down"), event: nil)
      try await scene.ledger.clear(.destinationDown, subject: "research", event: end)
      try await expect(scene.alarms(), [.destinationDown])
      try await scene.ledger.clear(.destinationDown, subject: "archive", event: end)
      try await expect(scene.alarms(), [])
      try await expect(scene.events(), [.destinationUp])
    },
    LedgerCase("a route that a later arrival finds ends the hold") { scene in
      try await scene.admit(1, to: [])
      try await expect(scene.admit(2, sop: 1), .known(.number(1)))
      try await expect(scene.instance(1).state, .inTransit)
      try await expect(scene.alarms(), [])
    },
  ]
}
