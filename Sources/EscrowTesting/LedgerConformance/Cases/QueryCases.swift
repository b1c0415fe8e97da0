import DICOM
import EscrowCore

extension LedgerConformance {
  static let queries: [LedgerCase] = [
    LedgerCase("what was sent is due to be asked for a moment later, with what is known of it") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      try await expect(scene.delivery(1).state, .sent)
      try await expect(scene.queriesDue(at: 14), QueryTurn(due: [], next: .at(15)))
      let due = DueQuery(
        key: ClaimKey(delivery: try await scene.delivery(1).id, attempt: 1), sop: .number(1),
        studyInstanceUID: Scene.study,
        seriesInstanceUID: "1.2.826.7.1")
      try await expect(scene.queriesDue(at: 15), QueryTurn(due: [due], next: nil))
    },
    LedgerCase("study and series are asked for as they were sent") { scene in
      for (number, change) in [(1, Edit.Change.set("1.9")), (2, .replace(pattern: "1", ignoresCase: false, by: "2"))] {
        let terms = SendTerms(edits: [Edit("SeriesInstanceUID", change)])
        let planned = PlannedDelivery(to: "archive", proof: .query, priority: .medium, routes: ["r"], terms: terms)
        try await scene.admit(number, to: [planned])
      }
      try await scene.send(at: 10)
      let due = try await scene.queriesDue(at: 15).due
      try expect(due.map(\.seriesInstanceUID), ["1.9", nil])
      try expect(due.map(\.studyInstanceUID), [Scene.study, Scene.study])
    },
    LedgerCase("what is found is delivered, told once, and may be purged; it is not committed") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.advance(at: 1)
      try await scene.send(at: 10)
      try await scene.answer([1: .found], at: 20)
      try await expect(scene.delivery(1).state, .delivered)
      try await scene.advance(at: 100)
      try await expect(scene.events(), [.instanceFound, .studyReceived, .studyDelivered])
      try await expect(scene.queriesDue(at: 50_000), QueryTurn(due: [], next: nil))
      try await expect(scene.purge(at: 1019), [])
      try await expect(scene.purge(at: 1020), [1])
    },
    LedgerCase("what is not found is asked for again by the clock, and then sent again") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      try await scene.answer([1: .notFound], at: 15)
      try await expect(scene.delivery(1).state, .sent)
      try await expect(scene.delivery(1).reason, "not found by 1 query")
      try await expect(scene.queriesDue(at: 74), QueryTurn(due: [], next: .at(75)))
      try await scene.answer([1: .notFound], at: 75)
      try await expect(scene.delivery(1).notBefore, .at(675))
      try await expect(scene.answer([1: .notFound], at: 675), 1)
      try await expect(scene.delivery(1).state, .queued)
      try await expect(scene.delivery(1).notBefore, .at(680))
      try await scene.send(at: 680)
      try await expect(scene.delivery(1).attempts, 2)
      try await scene.answer([1: .found], at: 690)
      try await expect(scene.delivery(1).state, .delivered)
    },
    LedgerCase("what is never found fails after the last sending, and keeps its copy") { scene in
      let policy = QueryPolicy(resendAfter: 1, maxResends: 2)
      try await scene.admit(1, to: [.query("archive")])
      for seconds in [10, 100] {
        try await scene.send(at: seconds)
        try await expect(scene.answer([1: .notFound], policy: policy, at: seconds + 5), 1)
      }
      try await scene.send(at: 200)
      try await expect(scene.answer([1: .notFound], policy: policy, at: 205), 0)
      try await expect(scene.delivery(1).state, .failed)
      try await expect(scene.delivery(1).reason, "notFoundByQuery")
      try await expect(scene.alarms(), [.deliveryFailed])
      try await expect(scene.purge(at: 50_000), [])
    },
    LedgerCase("a query that fails says nothing: asked for again, with the peer's words") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      for seconds in [15, 75, 675, 4275] {
        try await scene.answer([1: .failed(message: "A700H", retryAt: nil, isRefused: false)], at: seconds)
      }
      try await expect(scene.delivery(1).state, .sent)
      try await expect(scene.delivery(1).failedAsks, 0)
      try await expect(scene.delivery(1).reason, "query failed")
      try await expect(scene.delivery(1).lastError, "A700H")
      try await expect(scene.delivery(1).notBefore, .at(4275 + 6 * 3600))
      try await scene.answer([1: .failed(message: "down", retryAt: .at(5000), isRefused: false)], at: 4990)
      try await expect(scene.delivery(1).notBefore, .at(5000))
      try await expect(scene.purge(at: 50_000), [])
    },
    LedgerCase("who refuses queries is alarmed of, until one comes to its end") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      try await scene.answer([1: .failed(message: "refused", retryAt: .at(900), isRefused: true)], at: 15)
      try await expect(scene.alarms(), [.queryRefused])
      try await expect(scene.change(.askAgain, at: 20).changed, 1)
      try await expect(scene.queriesDue(at: 20).due.count, 1)
      try await scene.answer([1: .notFound], at: 21)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("a find that is owed too long is alarmed once, and is no overdue report") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      try await scene.answer([1: .notFound], at: 15)
      try await scene.review(at: 86_414)
      try await expect(scene.alarms(), [])
      for seconds in 86_415...86_416 { try await scene.review(at: seconds) }
      _ = try await scene.overdue(at: 86_417)
      try await expect(scene.alarms(), [.queryOverdue])
      try await expect(scene.events(), [.instanceNotFound, .commitmentOverdue])
      try await scene.answer([1: .found], at: 86_420)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("an answer counts only for the attempt that it was asked for") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      let early = try await scene.queriesDue(at: 15).due
      let policy = QueryPolicy(resendAfter: 1)
      try await scene.answer([1: .notFound], policy: policy, at: 15)
      try await scene.answer(early.map { QueryResult(key: $0.key, answer: .found) }, at: 16)
      try await expect(scene.delivery(1).state, .queued)
      try await scene.send(at: 30)
      try await scene.answer(early.map { QueryResult(key: $0.key, answer: .found) }, at: 31)
      try await expect(scene.delivery(1).state, .sent)
    },
    LedgerCase("what is held is not asked for, but what is found counts") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      let due = try await scene.queriesDue(at: 15).due
      try await scene.change(.hold, at: 16)
      try await expect(scene.queriesDue(at: 100), QueryTurn(due: [], next: nil))
      try await scene.answer(due.map { QueryResult(key: $0.key, answer: .found) }, at: 17)
      try await expect(scene.delivery(1).state, .delivered)
    },
    LedgerCase("the longest due are asked for first, each destination by itself") { scene in
      for number in 1...4 { try await scene.admit(number, to: [.query(number == 4 ? "research" : "archive")]) }
      try await scene.send(at: 10)
      try await scene.send("research", at: 10)
      try await scene.answer([1: .notFound], at: 15)
      try await expect(scene.queriesDue(limit: 1, at: 80).due.map(\.sop), [.number(2)])
      try await expect(scene.queriesDue(at: 80).due.map(\.sop), [.number(2), .number(3), .number(1)])
      try await expect(scene.queriesDue("research", at: 80).due.map(\.sop), [.number(4)])
    },
    LedgerCase("waits that a wrong clock set are over") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.admit(2, to: [.query("archive")])
      try await scene.send(at: 1_000_000)
      try await scene.answer([2: .notFound], at: 1_000_010)
      try await expect(scene.queriesDue(at: 10).due.map(\.sop), [.number(1), .number(2)])
    },
    LedgerCase("who is to commit as well is not proved by a find") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      try await scene.answer([1: .found], at: 20)
      try await scene.admit(2, sop: 1, to: [.commitment("archive")], at: 30)
      try await expect(scene.delivery(1).state, .sent)
      try await expect(scene.delivery(1).proof, .commitment)
      try await expect(scene.queriesDue(at: 40), QueryTurn(due: [], next: nil))
      try await expect(scene.ask(1, at: 40).numbers, [1])
    },
  ]

  static let rechecks: [LedgerCase] = [
    LedgerCase("a find that is too old is asked for again before the copy goes") { scene in
      let policy = QueryPolicy(recheck: .seconds(500))
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      try await scene.answer([1: .found], policy: policy, at: 20)
      try await expect(scene.purge(at: 1020), [])
      try await expect(scene.queriesDue(at: 1020).due.map(\.sop), [.number(1)])
      try await expect(scene.purge(at: 1021), [])
      try await scene.answer([1: .failed(message: "A700H", retryAt: .at(1100), isRefused: false)], at: 1022)
      try await expect(scene.purge(at: 1101), [])
      try await scene.answer([1: .found], policy: policy, at: 1102)
      try await expect(scene.purge(at: 1103), [1])
    },
    LedgerCase("what is not there any more is alarmed of, sent again, and found again") { scene in
      let policy = QueryPolicy(recheck: .seconds(500))
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      try await scene.answer([1: .found], policy: policy, at: 20)
      _ = try await scene.purge(at: 1020)
      try await expect(scene.answer([1: .notFound], policy: policy, at: 1021), 1)
      try await expect(scene.alarms(), [.commitmentContradicted])
      try await expect(scene.instance(1).state, .inTransit)
      try await scene.send(at: 1030)
      try await scene.answer([1: .found], policy: policy, at: 1040)
      try await expect(scene.alarms(), [])
      try await expect(scene.purge(at: 2040), [])
      try await scene.answer([1: .found], policy: policy, at: 2041)
      try await expect(scene.purge(at: 2042), [1])
    },
    LedgerCase("an operator's doubt keeps the copy until it is found again") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      try await scene.answer([1: .found], at: 20)
      try await expect(scene.change(.askAgain, at: 30).changed, 1)
      try await expect(scene.purge(at: 5000), [])
      try await scene.answer([1: .found], at: 5001)
      try await expect(scene.purge(at: 5002), [1])
    },
    LedgerCase("what is gone from there after the purge is alarmed of and stays on record") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      try await scene.answer([1: .found], at: 20)
      _ = try await scene.purge(at: 1020)
      try await scene.finishPurge(1, at: 1021)
      try await scene.change(.askAgain, at: 1030)
      try await expect(scene.answer([1: .notFound], at: 1031), 0)
      try await expect(scene.delivery(1).contradicted, true)
      try await expect(scene.instance(1).reason, "archive: no longer found by query")
      try await expect(scene.alarms(), [.commitmentContradicted])
    },
  ]
}

extension Scene {
  func queriesDue(
    _ destination: PeerName = "archive", limit: Int = 100, at seconds: Int
  ) async throws -> QueryTurn {
    try await ledger.queriesDue(at: destination, policy: QueryPolicy(), limit: limit, now: .at(seconds))
  }

  /// What a query says of the archive's deliveries of instances, by number; returns how many are to be sent again.
  @discardableResult
  func answer(
    _ answers: [Int: QueryResult.Answer], policy: QueryPolicy = QueryPolicy(), at seconds: Int
  ) async throws -> Int {
    var results: [QueryResult] = []
    for (number, answer) in answers.sorted(by: { $0.key < $1.key }) {
      let delivery = try await delivery(number)
      results.append(
        QueryResult(key: ClaimKey(delivery: delivery.id, attempt: delivery.attempts), answer: answer))
    }
    return try await answer(results, policy: policy, at: seconds)
  }

  @discardableResult
  func answer(
    _ results: [QueryResult], policy: QueryPolicy = QueryPolicy(), at seconds: Int
  ) async throws -> Int {
    try await ledger.recordQueries(results, at: "archive", policy: policy, now: .at(seconds))
  }

  func review(at seconds: Int) async throws {
    try await ledger.reviewQueries(policies: ["archive": QueryPolicy()], now: .at(seconds))
  }
}

extension PlannedDelivery {
  static func query(_ destination: PeerName) -> PlannedDelivery {
    PlannedDelivery(to: destination, proof: .query, priority: .medium, routes: ["r"])
  }
}
