import DICOM
import EscrowCore

extension LedgerConformance {
  /// What an operator does to deliveries by hand.
  static let deliveryVerbs: [LedgerCase] = [
    LedgerCase("another number than expected changes nothing") { scene in
      for number in 1...2 { try await scene.admit(number) }
      try await expect(LedgerError.unexpectedCount(matched: 2, expected: 3)) {
        try await scene.change(.hold, DeliveryFilter(states: [.queued]), expect: 3, at: 1)
      }
      try await expect(scene.delivery(1).hold, nil)
      try await expect(scene.change(.hold, expect: 2, at: 2).changed, 2)
    },
    LedgerCase("what is held is not sent until released") { scene in
      try await scene.admit(1)
      try await scene.change(.hold, at: 1)
      try await expect(scene.delivery(1).hold, Hold(by: "admin", reason: "because", at: .at(1)))
      try await expect(scene.claimed(at: 2), [])
      try await expect(scene.change(.hold, at: 3).skipped.map(\.reason), ["the delivery is held already"])
      try await expect(scene.change(.release, at: 4).changed, 1)
      try await expect(scene.claimed(at: 5), [1])
      try await expect(scene.change(.release, at: 6).skipped.map(\.reason), ["the delivery is not held"])
    },
    LedgerCase("what is held is not asked for, and a proof still counts") { scene in
      for number in 1...2 { try await scene.admit(number) }
      try await scene.send(at: 1)
      try await scene.change(.hold, DeliveryFilter(instance: .number(1)), at: 2)
      try await expect(scene.ask(1, at: 100).numbers, [2])
      try await scene.change(.hold, DeliveryFilter(instance: .number(2)), at: 101)
      try await scene.report(1, committed: [2], at: 102)
      try await expect(scene.delivery(2).state, .delivered)
    },
    LedgerCase("what waits for a time is tried at once") { scene in
      try await scene.admit(1)
      let claim = try require(try await scene.claim(at: 1).claims.first)
      try await scene.record(claim, .retry(notBefore: .at(900), reason: "busy", counted: false), at: 1)
      try await expect(scene.claimed(at: 2), [])
      try await scene.change(.retry, at: 3)
      try await expect(scene.claimed(at: 4), [1])
    },
    LedgerCase("what is cancelled is not sent and keeps the copy until waived") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .commitment("research")])
      try await scene.deliver()
      try await scene.change(.cancel, DeliveryFilter(destinations: ["research"]), at: 30)
      try await expect(scene.delivery(1, to: "research").state, .cancelled)
      try await expect(scene.instance(1).state, .settled)
      try await expect(scene.purge(at: 5000), [])
      try await scene.change(.waive, DeliveryFilter(destinations: ["research"]), at: 5001)
      try await expect(scene.delivery(1, to: "research").state, .waived)
      try await expect(scene.purge(at: 5002), [1])
    },
    LedgerCase("a copy that was waived everywhere stays") { scene in
      try await scene.admit(1)
      try await scene.change(.cancel, at: 1)
      try await scene.change(.waive, at: 2)
      try await expect(scene.instance(1).state, .settled)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("what is being sent is cancelled when the attempt ends without success") { scene in
      for number in 1...2 { try await scene.admit(number) }
      let claims = try await scene.claim(at: 1).claims
      try await scene.change(.cancel, at: 2)
      try await expect(
        scene.change(.cancel, at: 2).skipped.map(\.reason),
        Array(repeating: "the delivery is being cancelled", count: 2))
      try await scene.record(claims[0], .retry(notBefore: .at(9), reason: "busy", counted: false), at: 3)
      try await scene.record(claims[1], .stored(discardedElements: false), at: 3)
      try await expect(scene.delivery(1).state, .cancelled)
      try await expect(scene.delivery(2).state, .sent)
    },
    LedgerCase("a late proof of what was cancelled or waived changes nothing") { scene in
      try await scene.admit(1)
      try await scene.send(at: 1)
      try await scene.ask(1, at: 10)
      try await scene.change(.cancel, at: 11)
      try await scene.report(1, committed: [1], at: 12)
      try await expect(scene.delivery(1).state, .cancelled)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("cancelling and waiving end the alarm of failed deliveries") { scene in
      for number in 1...2 { try await scene.admit(number) }
      try await scene.fail(at: 1)
      try await scene.change(.cancel, DeliveryFilter(instance: .number(1)), at: 2)
      try await expect(scene.alarms(), [.deliveryFailed])
      try await scene.change(.waive, DeliveryFilter(instance: .number(2)), at: 3)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("what is queued cannot be waived") { scene in
      try await scene.admit(1)
      let result = try await scene.change(.waive, at: 1)
      try expect(result.skipped.map(\.reason), ["the delivery is queued: cancel it first"])
    },
    LedgerCase("what waits behind a cancelled one goes on") { scene in
      try await scene.admit(1)
      try await scene.admit(2, sop: 1, content: 2, at: 1)
      try await expect(scene.delivery(2).behind, scene.delivery(1).id)
      try await scene.change(.cancel, DeliveryFilter(instance: .number(1)), at: 2)
      try await expect(scene.claimed(at: 3), [2])
    },
    LedgerCase("what waits behind two that end at once goes on") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .api("archive")])
      try await scene.admit(2, sop: 1, content: 2, at: 1)
      try await expect(scene.claimed(limit: 1, at: 2), [1])
      try await scene.damage(1, at: 3)
      try await expect(scene.delivery(2).behind, nil)
      try await expect(scene.claimed(at: 4), [2])
    },
    LedgerCase("what was asked for is asked for again at once, with a new transaction") { scene in
      try await scene.admit(1)
      try await scene.send(at: 1)
      try await scene.ask(1, at: 10)
      try await expect(scene.ask(2, at: 11).numbers, [])
      try await scene.change(.askAgain, at: 12)
      try await expect(scene.ask(2, at: 13).numbers, [1])
    },
    LedgerCase("a refused request is asked for again when an operator says so") { scene in
      try await scene.admit(1)
      try await scene.send(at: 1)
      try await scene.ask(1, at: 10)
      let refusal = RequestAnswer.refused(status: 0x0122, message: "no", retryAt: .at(90_000))
      try await scene.ledger.recordRequest(.transaction(1), answer: refusal, now: .at(11))
      try await expect(scene.ask(2, at: 100).numbers, [])
      try await scene.change(.askAgain, at: 101)
      try await expect(scene.ask(2, at: 102).numbers, [1])
    },
    LedgerCase("nothing is asked again of what wants no proof besides, is held, or is not sent") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .response("research")])
      try await scene.admit(2)
      try await scene.send("archive", at: 1)
      try await scene.change(.hold, DeliveryFilter(instance: .number(1)), at: 2)
      try await scene.admit(3, at: 3)
      let result = try await scene.change(.askAgain, DeliveryFilter(studyInstanceUID: Scene.study), at: 4)
      try expect(
        result.skipped.map(\.reason),
        [
          "the delivery is held: release it first", "the delivery wants neither commitment nor query",
          "the delivery is queued",
        ])
      try expect(result.changed, 1)
    },
    LedgerCase("each change is on record with its reason and who did it") { scene in
      try await scene.admit(1)
      try await scene.change(.hold, at: 1)
      let event = try await scene.lastEvent()
      try expect(event.kind, .operatorAction)
      try expect(event.reason, "held: because")
      try expect(event.actor, "admin")
      try expect(event.destination, "archive")
    },
  ]

  /// What an operator does to instances by hand.
  static let instanceVerbs: [LedgerCase] = [
    LedgerCase("what is held goes where the routes want it now") { scene in
      try await scene.admit(1, to: [], retention: .never)
      try await expect(scene.alarms(), [.instanceHeld])
      try await expect(scene.reroute(1, to: [], at: 1), "no route took it")
      try await expect(scene.reroute(1, to: [.commitment("archive")], dryRun: true, at: 2), nil)
      try await expect(scene.instance(1).state, .held)
      try await expect(scene.reroute(1, to: [.commitment("archive")], at: 3), nil)
      try await expect(scene.instance(1).state, .inTransit)
      try await expect(scene.alarms(), [])
      try await expect(scene.claimed(at: 4), [1])
      try await expect(scene.instance(1).retention, .after(.seconds(1000)))
    },
    LedgerCase("rerouting what is settled adds what is new only") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      let nothing = "the routes want nothing that is not on record"
      try await expect(scene.reroute(1, to: [.commitment("archive")], at: 30), nothing)
      try await expect(scene.reroute(1, to: [.commitment("archive"), .response("research")], at: 31), nil)
      try await expect(scene.instance(1).state, .inTransit)
      try await expect(scene.claimed("research", at: 32), [1])
      try await expect(scene.claimed(at: 32), [])
    },
    LedgerCase("what is purged cannot be rerouted") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await expect(scene.purge(at: 5000), [1])
      try await expect(scene.reroute(1, to: [.commitment("research")], at: 5001), "the instance is purging")
      try await scene.ledger.finishPurge([.number(1)], now: .at(5002))
      try await expect(scene.reroute(1, to: [.commitment("research")], at: 5003), "the instance is purged")
    },
    LedgerCase("a discarded copy goes without proof, and is not called purged") { scene in
      try await scene.admit(1, to: [])
      try await expect(scene.change(.discard, at: 1).changed, 1)
      try await expect(scene.alarms(), [])
      try await expect(scene.purge(at: 2), [1])
      try await scene.ledger.finishPurge([.number(1)], now: .at(3))
      try await expect(scene.instance(1).state, .discarded)
      try await expect(scene.instance(1).reason, "discarded: because")
      try await expect(scene.events().contains(.studyPurged), false)
    },
    LedgerCase("what is on its way is not discarded") { scene in
      try await scene.admit(1)
      let result = try await scene.change(.discard, at: 1)
      try expect(result.skipped.map(\.reason), ["it is on its way: cancel its deliveries first"])
      try await expect(scene.instance(1).state, .inTransit)
    },
    LedgerCase("what the API still has to send is not discarded") { scene in
      try await scene.admit(1, to: [.response("archive"), .api("research")])
      try await scene.send(at: 1)
      try await expect(scene.instance(1).state, .settled)
      let result = try await scene.change(.discard, at: 2)
      try expect(result.skipped.map(\.reason), ["the delivery to research is queued: cancel it first"])
      try await scene.change(.cancel, DeliveryFilter(destinations: ["research"]), at: 3)
      try await expect(scene.change(.discard, at: 4).changed, 1)
    },
    LedgerCase("discarding ends the alarms of failed deliveries and of damage") { scene in
      try await scene.admit(1)
      try await scene.damage(1, at: 1)
      try await expect(scene.alarms(), [.deliveryFailed, .instanceDamaged])
      try await scene.change(.discard, at: 2)
      try await expect(scene.alarms(), [])
      try await expect(scene.delivery(1).state, .cancelled)
    },
    LedgerCase("after a discard the same bytes are a new instance") { scene in
      try await scene.admit(1, to: [])
      try await scene.change(.discard, at: 1)
      try await expect(scene.admit(2, sop: 1, at: 2), .admitted(conflicted: false))
    },
    LedgerCase("a conflict keeps every copy until it is resolved") { scene in
      try await scene.admit(1)
      try await scene.admit(2, sop: 1, content: 2)
      for (transaction, seconds) in [(1, 10), (2, 20)] {
        try await scene.send(at: seconds)
        try await scene.ask(transaction, at: seconds + 5)
        try await scene.report(transaction, committed: [1], at: seconds + 6)
      }
      try await expect(scene.instance(2).state, .settled)
      try await expect(scene.purge(at: 5000), [])
      try await expect(scene.alarms(), [.instanceConflict])
      try await scene.change(.resolve, InstanceFilter(ids: [.number(1)]), at: 5001)
      try await expect(scene.alarms(), [.instanceConflict])
      try await expect(scene.purge(at: 5002), [1])
      try await scene.change(.resolve, InstanceFilter(sopInstanceUID: SOPInstance.number(1).instanceUID), at: 5003)
      try await expect(scene.alarms(), [])
      try await expect(scene.purge(at: 5004), [1, 2])
    },
    LedgerCase("a conflict keeps no copy where each destination keeps what came last") { scene in
      let overwriting = PlannedDelivery(to: "archive", proof: .commitment, routes: ["r"], overwrites: true)
      try await scene.admit(1, to: [overwriting])
      try await scene.admit(2, sop: 1, content: 2, to: [overwriting])
      for (transaction, seconds) in [(1, 10), (2, 20)] {
        try await scene.send(at: seconds)
        try await scene.ask(transaction, at: seconds + 5)
        try await scene.report(transaction, committed: [1], at: seconds + 6)
      }
      try await expect(scene.purge(at: 5000), [1, 2])
      try await scene.ledger.finishPurge([.number(1), .number(2)], now: .at(5001))
      try await expect(scene.alarms(), [])
    },
    LedgerCase("a conflict keeps no copy any more once its destination is declared to keep what came last") { scene in
      let overwriting = PlannedDelivery(to: "archive", proof: .commitment, routes: ["r"], overwrites: true)
      try await scene.admit(1, to: [])
      try await scene.admit(2, sop: 1, content: 2)
      try await scene.deliver()
      try await expect(scene.purge(at: 5000), [])
      try await expect(scene.admit(3, sop: 1, content: 2, to: [overwriting], at: 5001), .known(.number(2)))
      try await expect(scene.purge(at: 5002), [2])
    },
    LedgerCase("a second jump of the clock renews the stop") { scene in
      for seconds in [40, 90] {
        let alarm = Alarm(.clockJumped, subject: "clock", since: .at(seconds), text: "forward by 3600 s")
        try await scene.ledger.raise(alarm, event: nil)
        try await expect(scene.ledger.alarms().map(\.since), [.at(seconds)])
      }
      for seconds in [40, 90] {
        let alarm = Alarm(.destinationDown, subject: "archive", since: .at(seconds), text: "refused")
        try await scene.ledger.raise(alarm, event: nil)
      }
      try await expect(scene.ledger.alarms().first { $0.kind == .destinationDown }?.since, .at(40))
    },
    LedgerCase("what was taken back ends as an alarm when its delivery is given up") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.report(1, failed: [1], at: 30)
      try await expect(scene.alarms(), [.commitmentContradicted])
      try await scene.change(.cancel, at: 31)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("a conflict keeps the copy where one of two destinations does not keep what came last") { scene in
      let overwriting = PlannedDelivery(to: "archive", proof: .commitment, routes: ["r"], overwrites: true)
      try await scene.admit(1, to: [overwriting, .response("research")])
      try await scene.admit(2, sop: 1, content: 2, to: [overwriting])
      try await scene.send("research", at: 5)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await scene.report(1, committed: [1], at: 16)
      try await expect(scene.instance(1).state, .settled)
      try await expect(scene.purge(at: 5000), [])
    },
    LedgerCase("what is not conflicted cannot be resolved, what is not pinned not confirmed") { scene in
      try await scene.admit(1)
      try await expect(
        scene.change(.resolve, at: 1).skipped.map(\.reason),
        ["no other content is on record for it, or it was resolved"])
      try await expect(scene.change(.confirm, at: 1).skipped.map(\.reason), ["it waits for no confirmation"])
    },
    LedgerCase("what was confirmed goes like any other") { scene in
      try await scene.admit(1) { $0.pin = "rebuilt" }
      let alarm = Alarm(.ledgerReplaced, subject: Alarm.replacedLedger, since: .at(0), text: "rebuilt")
      try await scene.ledger.raise(alarm, event: nil)
      try await scene.deliver()
      try await expect(scene.purge(at: 5000), [])
      try await scene.change(.confirm, at: 5001)
      try await expect(scene.instance(1).pin, nil)
      try await expect(scene.alarms(), [])
      try await expect(scene.purge(at: 5002), [1])
    },
    LedgerCase("nothing is purged while the clock is in doubt, but what was discarded goes") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.admit(2, to: [], at: 30)
      let alarm = Alarm(.clockJumped, subject: "clock", since: .at(40), text: "forward by 3600 s")
      try await scene.ledger.raise(alarm, event: nil)
      try await expect(scene.purge(at: 5000), [])
      try await scene.change(.discard, InstanceFilter(ids: [.number(2)]), at: 5000)
      try await expect(scene.purge(at: 5000), [2])
      try await scene.ledger.clear(.clockJumped, subject: "clock", event: nil)
      try await expect(scene.purge(at: 5001).sorted(), [1, 2])
    },
  ]
}
