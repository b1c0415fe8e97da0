import DICOM
import EscrowCore

extension LedgerConformance {
  static let listings: [LedgerCase] = [
    LedgerCase("instances are found by state, study and UID, in pages") { scene in
      for number in 1...3 { try await scene.admit(number) }
      try await scene.admit(4, study: Scene.otherStudy, to: [])
      let first = try await scene.ledger.instances(InstanceFilter(), page: PageRequest(limit: 3))
      try expect(first.items.map(\.instance.id.number), [1, 2, 3])
      let second = try await scene.ledger.instances(InstanceFilter(), page: PageRequest(cursor: first.next, limit: 3))
      try expect(second.items.map(\.instance.id.number), [4])
      try expect(second.next, nil)
      try await expect(scene.instances(InstanceFilter(states: [.held])), [4])
      try await expect(scene.instances(InstanceFilter(studyInstanceUID: Scene.study)), [1, 2, 3])
      try await expect(scene.instances(InstanceFilter(sopInstanceUID: SOPInstance.number(2).instanceUID)), [2])
      try await expect(scene.instances(InstanceFilter(studyInstanceUID: Scene.study, states: [.held])), [])
    },
    LedgerCase("instances are listed by their ids, in pages") { scene in
      for number in [3, 1, 2] { try await scene.admit(number) }
      try await scene.admit(4, to: [])
      let first = try await scene.ledger.instances(after: .number(1), limit: 2)
      try expect(first.map(\.instance.id.number), [2, 3])
      try expect(first.map(\.deliveries.count), [1, 1])
      let rest = try await scene.ledger.instances(after: .number(3), limit: 2)
      try expect(rest.map(\.instance.state), [.held])
      try await expect(scene.ledger.instances(after: .number(4), limit: 2).count, 0)
    },
    LedgerCase("deliveries are found by all that a filter names, in pages, and counted") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .response("research")])
      try await scene.admit(2, study: Scene.otherStudy)
      try await scene.send("research", at: 1)
      let first = try await scene.ledger.deliveries(DeliveryFilter(states: [.queued]), page: PageRequest(limit: 1))
      try expect(first.items.map(\.delivery.instance.number), [1])
      let second = try await scene.ledger.deliveries(
        DeliveryFilter(states: [.queued]), page: PageRequest(cursor: first.next, limit: 1))
      try expect(second.items.map(\.delivery.instance.number), [2])
      try expect(second.next, nil)
      let one = try await scene.delivery(2).id
      for (filter, count) in [
        (DeliveryFilter(), 3), (DeliveryFilter(states: [.delivered, .queued]), 3), (DeliveryFilter(ids: [one]), 1),
        (DeliveryFilter(destinations: ["research"]), 1), (DeliveryFilter(instance: .number(1)), 2),
        (DeliveryFilter(sopInstanceUID: SOPInstance.number(1).instanceUID), 2),
        (DeliveryFilter(states: [.queued], studyInstanceUID: Scene.study), 1),
        (DeliveryFilter(ids: [one], states: [.failed]), 0),
      ] {
        try await expect(scene.ledger.count(filter), count, "\(filter)")
        try await expect(
          scene.ledger.deliveries(filter, page: PageRequest()).items.count, count, "\(filter)")
      }
    },
    LedgerCase("transactions are listed from the latest, by destination, state and UID") { scene in
      for (number, study) in [(1, Scene.study), (2, Scene.otherStudy)] { try await scene.admit(number, study: study) }
      try await scene.send(at: 10)
      for number in 1...2 { try await scene.ask(number, at: 15) }
      try await scene.ledger.openTransaction(
        .transaction(3), to: "research", references: [.number(1)], asking: nil, actor: "admin", now: .at(16))
      try await scene.report(1, committed: [1], at: 20)
      let first = try await scene.ledger.transactions(TransactionFilter(), page: PageRequest(limit: 2))
      try expect(first.items.map(\.uid), [.transaction(3), .transaction(2)])
      let second = try await scene.ledger.transactions(
        TransactionFilter(), page: PageRequest(cursor: first.next, limit: 2))
      try expect(second.items.map(\.uid), [.transaction(1)])
      try expect(second.next, nil)
      for (filter, numbers) in [
        (TransactionFilter(destinations: ["archive"]), [2, 1]), (TransactionFilter(states: [.answered]), [1]),
        (TransactionFilter(destinations: ["archive"], states: [.open]), [2]),
        (TransactionFilter(sopInstanceUID: SOPInstance.number(1).instanceUID), [3, 1]),
      ] {
        let found = try await scene.ledger.transactions(filter, page: PageRequest())
        try expect(found.items.map(\.uid), numbers.map(UID.transaction), "\(filter)")
      }
    },
    LedgerCase("invalid cursors of all lists are refused") { scene in
      let page = PageRequest(cursor: "x")
      try await expect(LedgerError.invalidCursor("x")) {
        _ = try await scene.ledger.instances(InstanceFilter(), page: page)
      }
      try await expect(LedgerError.invalidCursor("x")) {
        _ = try await scene.ledger.transactions(TransactionFilter(), page: page)
      }
      try await expect(LedgerError.invalidCursor("x")) { _ = try await scene.ledger.webhookLog("hook", page: page) }
    },
    LedgerCase("the status counts states, bytes and backlogs, with the oldest that is open") { scene in
      try await scene.admit(1, at: 1)
      try await scene.deliver()
      try await scene.admit(2, to: [.commitment("archive"), .response("research")], at: 20)
      try await scene.admit(3, at: 30)
      try await scene.fail("research", at: 40)
      let status = try await scene.ledger.status()
      try expect(status.instances, [.settled: 1, .inTransit: 2])
      try expect(status.deliveries.filter { $0.value > 0 }, [.delivered: 1, .queued: 2, .failed: 1])
      try expect(status.bytes, 3000)
      try expect(status.backlogs["archive"], LedgerStatus.Backlog(queued: 2, oldest: .at(20)))
      try expect(status.backlogs["research"], LedgerStatus.Backlog(failed: 1))
    },
    LedgerCase("purged copies count no bytes, and open nothing") { scene in
      try await scene.admit(1)
      try await expect(scene.ledger.openDestinations(), ["archive"])
      try await scene.deliver()
      try await expect(scene.ledger.openDestinations(), [])
      _ = try await scene.purge(at: 1020)
      try await scene.finishPurge(1, at: 1021)
      try await expect(scene.ledger.status().bytes, 0)
      try await expect(scene.ledger.status().instances, [.purged: 1])
    },
    LedgerCase("what came from whom is counted while its copy is here") { scene in
      try await expect(scene.ledger.sources(), [])
      try await scene.admit(1, from: "ct1", at: 10)
      try await scene.admit(2, from: "ct2", at: 20)
      try await scene.admit(3, from: nil, at: 30)
      try await scene.admit(4, from: "ct1", at: 5)
      let bytes = try await scene.instance(1).dataSetLength
      try await expect(
        scene.ledger.sources(),
        [
          SourceRecord("ct1", lastReceived: .at(10), copies: 2, bytes: 2 * bytes),
          SourceRecord("ct2", lastReceived: .at(20), copies: 1, bytes: bytes),
        ])
      try await scene.deliver(4)
      _ = try await scene.purge(at: 5000)
      for number in [1, 2, 4] { try await scene.finishPurge(number, at: 5001) }
      try await expect(
        scene.ledger.sources(),
        [SourceRecord("ct1", lastReceived: .at(10)), SourceRecord("ct2", lastReceived: .at(20))])
    },
    LedgerCase("who wanted to send and was not let is remembered, with what it tried") { scene in
      try await expect(scene.ledger.unlistedSenders(), [])
      let first = UnlistedSender(
        "CT9", at: "10.0.0.9", calling: "OTHER", now: .at(1), reason: "not ours", proposed: ["1.2.840.10008.1.1"],
        implementation: "SCANNER_1")
      var later = UnlistedSender(
        "CT9", at: "10.0.0.9", calling: "ESCROW", now: .at(5), reason: "nobody knows it",
        proposed: ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.1"])
      let other = UnlistedSender("CT9", at: "10.0.0.8", calling: "ESCROW", now: .at(3), reason: "nobody knows it")
      try await scene.ledger.recordUnlisted([first, other], now: .at(3))
      try await scene.ledger.recordUnlisted([later], now: .at(5))
      later.firstAt = .at(1)
      later.attempts = 2
      try await expect(scene.ledger.unlistedSenders(), [later, other])
      try await scene.ledger.recordUnlisted([], now: .at(4) + UnlistedSenders.memory)
      try await expect(scene.ledger.unlistedSenders(), [later])
    },
    LedgerCase("whoever calls under ever new names pushes nobody else out") { scene in
      func sender(_ title: String, _ address: String, at second: Int) -> UnlistedSender {
        UnlistedSender(AETitle(title), at: address, calling: "ESCROW", now: .at(second), reason: "no")
      }
      try await scene.ledger.recordUnlisted([sender("CT9", "10.0.0.9", at: 0)], now: .at(0))
      try await scene.ledger.recordUnlisted((1...40).map { sender("X\($0)", "10.6.6.6", at: $0) }, now: .at(40))
      let titles = try await scene.ledger.unlistedSenders().map(\.callingAE.rawValue)
      try expect(titles, (25...40).reversed().map { "X\($0)" } + ["CT9"])
      let many = (0..<UnlistedSenders.limit).map { sender("Y", "10.7.\($0 / 256).\($0 % 256)", at: 100 + $0) }
      try await scene.ledger.recordUnlisted(many, now: .at(2000))
      try await expect(scene.ledger.unlistedSenders(), many.reversed())
    },
    LedgerCase("files are listed in the order of their names, in pages") { scene in
      for number in [3, 1, 2] { try await scene.admit(number) }
      try await scene.admit(4, to: [])
      let first = try await scene.ledger.files(after: nil, limit: 3)
      try expect(first.map(\.file.number), [1, 2, 3])
      let rest = try await scene.ledger.files(after: first.last?.file, limit: 3)
      let last = ExpectedFile(
        instance: .number(4), file: .number(4), state: .held, dataSetLength: 1000, digest: Digest(high: 1, low: 4))
      try expect(rest, [last])
    },
    LedgerCase("files are listed by the end of their names") { scene in
      for number in [13, 3, 2, 23] { try await scene.admit(number) }
      let first = try await scene.ledger.files(after: nil, ending: "3", limit: 2)
      try expect(first.map(\.file.number), [3, 13])
      let rest = try await scene.ledger.files(after: first.last?.file, ending: "3", limit: 2)
      try expect(rest.map(\.file.number), [23])
      try await expect(scene.ledger.files(after: nil, ending: "03", limit: 2).map(\.file.number), [3])
    },
  ]
}

extension Scene {
  /// The numbers of the instances that a filter finds.
  fileprivate func instances(_ filter: InstanceFilter) async throws -> [Int] {
    try await ledger.instances(filter, page: PageRequest()).items.map(\.instance.id.number)
  }
}
