import EscrowCore

extension LedgerConformance {
  static let outbox: [LedgerCase] = [
    LedgerCase("an endpoint is told what it wants, oldest first") { scene in
      try await scene.tell(at: 0)
      try await scene.subscribe()
      for seconds in 1...2 { try await scene.tell(at: seconds) }
      try await scene.tell(.storageLow, at: 3)
      try await expect(scene.due(at: 5).tasks.map(\.event.event.at), [.at(1), .at(2)])
      let first = try await scene.due(limit: 1, at: 5)
      try expect(first.tasks.map(\.event.event.at), [.at(1)])
      try expect(first.nextDue, .at(5))
      try await expect(scene.endpoint().pending, 2)
    },
    LedgerCase("events for the record only are never told") { scene in
      try await scene.subscribe([.instanceReceived, .ping])
      try await scene.admit(1)
      try await expect(scene.due(at: 5).tasks, [])
    },
    LedgerCase("what is to be tried again is due again at its time") { scene in
      try await scene.subscribe()
      try await scene.tell(at: 1)
      let task = try require(try await scene.due(at: 10).tasks.first)
      try await scene.tried(task, .again(at: .at(60)), status: 500, at: 10)
      try await expect(scene.due(at: 59), WebhookBatch(tasks: [], nextDue: .at(60)))
      let again = try require(try await scene.due(at: 60).tasks.first)
      try expect(again.messageID, task.messageID)
      try expect(again.tries, 1)
      try expect(again.firstTryAt, .at(10))
      try await expect(scene.endpoint().lastStatus, 500)
    },
    LedgerCase("when the clock is put back, what is to be told waits as long as it would have") { scene in
      try await scene.subscribe()
      try await scene.tell(at: 1)
      let task = try require(try await scene.due(at: 10).tasks.first)
      try await scene.tried(task, .again(at: .at(60)), status: 500, at: 10)
      try await scene.ledger.putBackWaits(by: .seconds(1000), now: .at(-980))
      try await expect(scene.due(at: -941), WebhookBatch(tasks: [], nextDue: .at(-940)))
      try await expect(scene.due(at: -940).tasks.map(\.messageID), [task.messageID])
    },
    LedgerCase("what was taken is done") { scene in
      try await scene.subscribe()
      try await scene.tell(at: 1)
      let task = try require(try await scene.due(at: 10).tasks.first)
      try await scene.tried(task, .done, at: 10)
      try await expect(scene.due(at: 100_000), WebhookBatch(tasks: [], nextDue: nil))
      try await expect(scene.ledger.webhookLog("hook", page: PageRequest()).items.map(\.state), [.delivered])
      try await expect(scene.endpoint().pending, 0)
      try await expect(scene.endpoint().lastAt, .at(10))
    },
    LedgerCase("a dead letter waits for a replay, which begins anew") { scene in
      try await scene.subscribe()
      try await scene.tell(at: 1)
      let task = try require(try await scene.due(at: 10).tasks.first)
      try await scene.tried(task, .deadLetter, status: 500, at: 10)
      try await expect(scene.due(at: 11).tasks, [])
      try await expect(scene.endpoint().deadLettered, 1)
      try await expect(scene.ledger.replayWebhooks("hook", messageIDs: ["other"], now: .at(20)), 0)
      try await expect(scene.ledger.replayWebhooks("hook", messageIDs: nil, now: .at(20)), 1)
      try await expect(scene.due(at: 20).tasks.map(\.tries), [0])
      try await expect(scene.endpoint().deadLettered, 0)
    },
    LedgerCase("disabling dead-letters what waits and what comes, with an alarm until it is enabled") { scene in
      try await scene.subscribe()
      try await scene.tell(at: 1)
      try await scene.ledger.setEndpoint("hook", disabled: "410", now: .at(2))
      try await scene.tell(at: 3)
      try await expect(scene.endpoint().deadLettered, 2)
      try await expect(scene.endpoint().pending, 0)
      try await expect(scene.due(at: 5).tasks, [])
      try await expect(scene.alarms(), [.webhookDisabled])
      try await scene.ledger.setEndpoint("hook", disabled: nil, now: .at(6))
      try await expect(scene.alarms(), [])
      try await scene.tell(at: 7)
      try await expect(scene.due(at: 8).tasks.count, 1)
    },
    LedgerCase("a changed URL enables an endpoint, the same does not") { scene in
      try await scene.subscribe()
      try await scene.ledger.setEndpoint("hook", disabled: "410", now: .at(2))
      try await scene.subscribe(at: 3)
      try await expect(scene.endpoint().disabled, "410")
      try await expect(scene.alarms(), [.webhookDisabled])
      try await scene.subscribe(url: "https://b.test", at: 4)
      try await expect(scene.endpoint().disabled, nil)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("who is not named any more keeps what waits, and gets nothing new") { scene in
      try await scene.subscribe()
      try await scene.tell(at: 1)
      try await scene.ledger.subscribe([], now: .at(2))
      try await scene.tell(at: 3)
      try await expect(scene.due(at: 4).tasks.map(\.event.event.at), [.at(1)])
    },
    LedgerCase("the log pages from the newest to the oldest") { scene in
      try await scene.subscribe()
      for seconds in 1...3 { try await scene.tell(at: seconds) }
      let ids = try await scene.due(at: 5).tasks.map(\.messageID)
      let first = try await scene.ledger.webhookLog("hook", page: PageRequest(limit: 2))
      try expect(first.items.map(\.messageID), [ids[2], ids[1]])
      let second = try await scene.ledger.webhookLog("hook", page: PageRequest(cursor: first.next, limit: 2))
      try expect(second.items.map(\.messageID), [ids[0]])
      try expect(second.next, nil)
    },
  ]
}
