import DICOM
import EscrowCore

extension LedgerConformance {
  /// Who remembers what, and for how long.
  static let forgetting: [LedgerCase] = [
    LedgerCase("what is on record of a copy goes when it is kept for long enough, not before") { scene in
      try await scene.letGo([1], at: 1021)
      try await expect(scene.forget(keeping: 5000, at: 6021), 0)
      try await expect(scene.ledger.instance(.number(1))?.goneAt, .at(1021))
      try await expect(scene.forget(keeping: 5000, at: 6022), 1)
      try await expect(scene.ledger.instance(.number(1)), nil)
      try await expect(scene.ledger.deliveries(DeliveryFilter(), page: PageRequest()).items, [])
      try await expect(scene.ledger.transaction(.transaction(1)), nil)
      let status = try await scene.ledger.status()
      try expect(status.instances.values.reduce(0, +), 0)
      try expect(status.deliveries.values.reduce(0, +), 0)
      try await expect(scene.ledger.trace(SOPInstance.number(1).instanceUID).instances, [])
      try await expect(scene.forget(keeping: 5000, at: 6023), 0)
    },
    LedgerCase("the summary of a study says what is left of it") { scene in
      try await scene.letGo([1, 2], at: 1021)
      try await expect(scene.ledger.trace(Scene.study).summary, nil)
      try await expect(scene.forget(at: 9000), 2)
      let trace = try await scene.ledger.trace(Scene.study)
      try expect(trace.instances, [])
      let summary = try require(trace.summary, "summary")
      try expect([summary.instances, summary.purged, summary.discarded], [2, 2, 0])
      try expect(summary.bytes, 2000)
      try expect([summary.firstArrival, summary.lastArrival], [.at(0), .at(0)])
      try expect([summary.firstGone, summary.lastGone], [.at(1021), .at(1021)])
      try expect(summary.modalities, ["CT"])
      try expect(summary.callingAEs, ["CT1"])
      try expect(summary.accessionNumber, "A1")
      let archive = try require(summary.destinations.first, "destination")
      try expect(summary.destinations.map(\.name), ["archive"])
      try expect([archive.delivered, archive.committed, archive.failed, archive.others], [2, 2, 0, 0])
      try expect(
        archive.lastCommitment,
        StudySummary.Commitment(
          transactionUID: .transaction(1), reportedBy: "ARCHIVE@10.0.0.5", at: .at(20)))
    },
    LedgerCase("a study that comes and goes again is added to its summary") { scene in
      try await scene.letGo([1], at: 1021)
      try await expect(scene.forget(at: 9000), 1)
      try await scene.admit(2, at: 10_000)
      try await scene.send(at: 10_010)
      try await scene.ask(2, at: 10_015)
      try await scene.report(2, committed: [2], at: 10_020)
      try await scene.letGoProven([2], at: 20_000)
      try await expect(scene.ledger.trace(Scene.study).summary?.instances, 1)
      try await expect(scene.forget(at: 30_000), 1)
      let summary = try require(try await scene.ledger.trace(Scene.study).summary, "summary")
      try expect(summary.instances, 2)
      try expect([summary.firstArrival, summary.lastArrival], [.at(0), .at(10_000)])
      try expect([summary.firstGone, summary.lastGone], [.at(1021), .at(20_000)])
      try expect(summary.destinations.map(\.committed), [2])
      try expect(summary.destinations.first?.lastCommitment?.at, .at(10_020))
    },
    LedgerCase("a summary goes after its own time, but not one that the law holds") { scene in
      try await scene.letGo([1], at: 1021)
      try await scene.forget(at: 9000)
      var term = RecordTerm(keeping: .seconds(100), now: .at(9000))
      term.summariesBefore = .at(1021)
      try await scene.forget(term)
      try await expect(scene.ledger.trace(Scene.study).summary?.instances, 1)
      term.summariesBefore = .at(1022)
      let hold = LegalHold(.patient("P1", issuer: nil), by: "admin", reason: "court", at: .at(9001))
      _ = try await scene.ledger.begin(hold)
      try await scene.forget(term)
      try await expect(scene.ledger.trace(Scene.study).summary?.instances, 1)
      _ = try await scene.ledger.endLegalHold(
        hold.subject, by: BulkOrder(actor: "admin", reason: "over"), now: .at(9002))
      try await scene.forget(term)
      try await expect(scene.ledger.trace(Scene.study).summary, nil)
    },
    LedgerCase("the record of a copy that is here is never forgotten") { scene in
      try await scene.admit(1)
      try await scene.admit(2, to: [])
      try await scene.admit(3, to: [.response("research")])
      try await scene.deliver()
      try await scene.send("research", at: 30)
      try await scene.ledger.markDamaged(.number(2), file: .number(2), reason: "short", now: .at(40))
      try await scene.advance(at: 100)
      try await expect(scene.forget(at: 900_000), 0)
      try await expect(scene.purge(at: 900_001), [1, 3])
      try await expect(scene.forget(at: 990_000), 0)
      for number in 1...3 { try await expect(scene.instance(number).id, .number(number)) }
    },
    LedgerCase("a wave that is not told to its end keeps its record") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      _ = try await scene.purge(at: 1020)
      try await scene.finishPurge(1, at: 1021)
      try await expect(scene.forget(at: 9000), 0)
      try await scene.advance(at: 1022)
      try await expect(scene.forget(at: 9000), 1)
    },
    LedgerCase("a legal hold keeps the record, also one that began after the copy went") { scene in
      try await scene.letGo([1], at: 1021)
      let hold = LegalHold(.study(Scene.study), by: "admin", reason: "court", at: .at(1022))
      _ = try await scene.ledger.begin(hold)
      try await expect(scene.forget(at: 9000), 0)
      _ = try await scene.ledger.endLegalHold(
        hold.subject, by: BulkOrder(actor: "admin", reason: "over"), now: .at(9001))
      try await expect(scene.forget(at: 9002), 1)
    },
    LedgerCase("what happened lately to a copy that is gone keeps its record") { scene in
      try await scene.letGo([1], at: 1021)
      try await scene.ledger.tell(
        EscrowEvent(.operatorAction, at: .at(8000), instance: .number(1), actor: "admin"))
      try await scene.tell(at: 8001)
      try await expect(scene.forget(keeping: 5000, at: 12_999), 0)
      try await expect(scene.forget(keeping: 5000, at: 13_001), 1)
    },
    LedgerCase("a destination that took back what it said keeps the record") { scene in
      try await scene.letGo([1], at: 1021)
      try await scene.report(1, failed: [1], at: 1030)
      try await scene.advance(at: 1031)
      try await expect(scene.forget(at: 900_000), 0)
      try await expect(scene.alarms(), [.commitmentContradicted])
    },
    LedgerCase("a message that was not told keeps the record, one that was given up does not") { scene in
      try await scene.subscribe([.instanceHeld])
      try await scene.admit(1, to: [])
      try await scene.discard(1, at: 10)
      try await scene.tell(at: 11)
      try await expect(scene.forget(at: 9000), 0)
      let task = try require(try await scene.due(at: 12).tasks.first, "task")
      try await scene.tried(task, .deadLetter, at: 13)
      try await expect(scene.endpoint().deadLettered, 1)
      try await expect(scene.forget(at: 9000), 1)
      try await expect(scene.endpoint().deadLettered, 0)
      try await expect(scene.ledger.trace(Scene.study).summary?.discarded, 1)
    },
    LedgerCase("a question that is open keeps the record, and goes after its answer") { scene in
      try await scene.letGo([1], at: 1021)
      try await scene.inquire(1, about: [1], at: 1030)
      try await expect(scene.forget(at: 9000), 0)
      let job = try require(try await scene.ledger.jobs(JobFilter(), page: PageRequest()).items.first, "job")
      _ = try await scene.ledger.sealReport(job.id, now: .at(1031))
      try await scene.ledger.recordReporting(job.id, .accepted(status: 0), givingUp: .at(0), now: .at(1032))
      try await expect(scene.forget(keeping: 100, at: 1132), 1)
      try await expect(scene.ledger.job(job.id)?.id, job.id)
      try await scene.forget(keeping: 100, at: 1133)
      try await expect(scene.ledger.job(job.id), nil)
      try await expect(scene.ledger.inquired(SOPInstance.number(1).instanceUID), [])
    },
    LedgerCase("the alarm about an answer that was given up goes with the record of it") { scene in
      try await scene.inquire(1, about: [1], at: 5)
      _ = try await scene.told(1, at: 6)
      try await scene.reported(1, .failed(message: "0110H", retryAt: .at(40)), at: 10)
      try await scene.ledger.raise(
        Alarm(.reportUndelivered, subject: "ct1", since: .at(10), text: "cannot be told"), event: nil)
      try await scene.reported(1, .failed(message: "0110H", retryAt: .at(20_000)), at: 10_010)
      try await scene.forget(at: 10_110)
      try await expect(scene.alarms(), [.reportUndelivered])
      try await scene.forget(at: 10_111)
      try await expect(scene.ledger.job(.number(1)), nil)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("after its record went an instance is not vouched for, and comes as a new one") { scene in
      try await scene.letGo([1], at: 1021)
      try await scene.forget(at: 9000)
      try await scene.inquire(1, about: [1], at: 9001)
      let asked = try await scene.ledger.inquired(SOPInstance.number(1).instanceUID)
      try expect(asked.map(\.reasonCode), [0x0112])
      try await expect(scene.admit(2, sop: 1, at: 9002), .admitted(conflicted: false))
    },
    LedgerCase("a transaction goes with the last instance that it asked for") { scene in
      try await scene.admit(1)
      try await scene.admit(2, retention: .after(.seconds(5000)))
      try await scene.deliver(2)
      try await scene.letGoProven([1], at: 1021)
      try await expect(scene.forget(keeping: 100, at: 2000), 1)
      let left = try await scene.ledger.items(ofTransaction: .transaction(1))
      try expect(left?.map(\.delivery), [nil, DeliveryID(rawValue: 2)])
      try await expect(scene.transaction(1).committed, 2)
      try await scene.letGoProven([2], at: 6000)
      try await expect(scene.forget(keeping: 100, at: 9000), 1)
      try await expect(scene.ledger.transaction(.transaction(1)), nil)
    },
    LedgerCase("a wish of an operator for commitment goes when nobody asks any more and nothing of it is here") {
      scene in
      for (number, sop) in [(1, 1), (2, 7)] {
        try await scene.ledger.openTransaction(
          .transaction(number), to: "archive", references: [.number(sop)], asking: Scene.policy, actor: "admin",
          now: .at(0))
      }
      try await scene.admit(1, to: [])
      try await scene.forget(keeping: 100, at: 9000)
      try await expect(scene.transaction(2).state, .open)
      for number in 1...2 { try await scene.report(number, committed: [1, 7], at: 20) }
      try await scene.forget(keeping: 100, at: 9000)
      try await expect(scene.transaction(1).state, .answered)
      try await expect(scene.ledger.transaction(.transaction(2)), nil)
    },
    LedgerCase("an event about nothing on record goes, the latest stays") { scene in
      for seconds in 1...5 { try await scene.tell(at: seconds) }
      try await scene.forget(keeping: 10, at: 14)
      try await expect(scene.ledger.events(after: 0, limit: 10).map(\.sequence), [4, 5])
      try await scene.forget(keeping: 10, at: 9000)
      try await expect(scene.ledger.events(after: 0, limit: 10).map(\.sequence), [5])
      try await expect(scene.ledger.lastEvent(), 5)
      try await scene.tell(at: 9001)
      try await expect(scene.ledger.lastEvent(), 6)
    },
    LedgerCase("nothing is forgotten while nobody knows what time it is") { scene in
      try await scene.letGo([1], at: 1021)
      let alarm = Alarm(.clockJumped, subject: "clock", since: .at(1022), text: "forward")
      try await scene.ledger.raise(alarm, event: nil)
      try await expect(scene.forget(at: 900_000), 0)
      try await scene.ledger.clear(.clockJumped, subject: "clock", event: nil)
      try await expect(scene.forget(at: 900_000), 1)
    },
    LedgerCase("a failed delivery that is forgotten alarms nobody any more") { scene in
      try await scene.admit(1)
      try await scene.send(at: 5)
      try await scene.ask(1, at: 10)
      try await scene.ledger.markDamaged(.number(1), file: .number(1), reason: "short", now: .at(11))
      try await scene.discard(1, at: 12)
      try await expect(scene.forget(at: 9000), 0)
      try await scene.report(1, failed: [1], reason: 0x0119, at: 20)
      try await scene.advance(at: 200)
      try await scene.tell(at: 201)
      try await expect(scene.alarms(), [.deliveryFailed])
      try await expect(scene.forget(at: 9000), 1)
      try await expect(scene.alarms(), [])
      try await expect(scene.ledger.trace(Scene.study).summary?.destinations.map(\.failed), [1])
    },
    LedgerCase("a step looks at no more than it is told") { scene in
      try await scene.letGo(Array(1...5), at: 1021)
      let term = RecordTerm(keeping: .seconds(100), now: .at(9000))
      var instances: [Int] = []
      var position: RecordPosition? = RecordPosition(.instances)
      while let current = position, current.stage == .instances {
        let step = try await scene.ledger.forget(term, from: current, limit: 2)
        instances.append(step.instances)
        position = step.next
      }
      try expect(instances, [2, 2, 1])
    },
  ]
}

extension Scene {
  /// Receives, delivers and purges instances of a study that is told to its end; an event follows.
  fileprivate func letGo(_ numbers: [Int], at seconds: Int) async throws {
    for number in numbers { try await admit(number) }
    try await deliver(numbers.count)
    try await letGoProven(numbers, at: seconds)
  }

  fileprivate func letGoProven(_ numbers: [Int], at seconds: Int) async throws {
    try await advance(at: seconds - 1)
    try await expect(purge(at: seconds - 1), numbers)
    for number in numbers { try await finishPurge(number, at: seconds) }
    try await advance(at: seconds)
    try await tell(at: seconds)
  }

  /// An administrator has the copy go.
  fileprivate func discard(_ number: Int, at seconds: Int) async throws {
    let order = BulkOrder(actor: "admin", reason: "test")
    _ = try await ledger.change(InstanceFilter(ids: [.number(number)]), .discard, by: order, now: .at(seconds))
    try await finishPurge(number, at: seconds)
    try await advance(at: seconds + 100)
  }

  /// Goes once through the record; how many instances are forgotten.
  @discardableResult
  fileprivate func forget(keeping time: Int = 100, at seconds: Int) async throws -> Int {
    try await forget(RecordTerm(keeping: .seconds(time), now: .at(seconds)))
  }

  @discardableResult
  fileprivate func forget(_ term: RecordTerm) async throws -> Int {
    var instances = 0
    var position: RecordPosition? = .start
    while let current = position {
      let step = try await ledger.forget(term, from: current, limit: 3)
      instances += step.instances
      position = step.next
    }
    return instances
  }
}
