import DICOM
import EscrowCore

extension LedgerConformance {
  /// What peers ask is decided by what the destinations have committed to.
  static let inquiries: [LedgerCase] = [
    LedgerCase("what is not known is answered at once") { scene in
      try await scene.inquire(1, about: [1], at: 10)
      try await expect(scene.due(.reporting, at: 10), [.number(1)])
      try await expect(scene.told(1, at: 11), [UID.number(1) + " 274"])
    },
    LedgerCase("an instance of another class is a conflict") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.inquire(1, about: [1], classUID: Scene.mr, at: 30)
      try await expect(scene.told(1, at: 31), [UID.number(1) + " 281"])
    },
    LedgerCase("success is said when the destination has committed, and not before") { scene in
      try await scene.admit(1)
      try await scene.inquire(1, about: [1], at: 5)
      try await expect(scene.told(1, at: 6), nil)
      try await expect(scene.due(.deciding, at: 6), [])
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await expect(scene.advance(job: 1, at: 16)?.undecided, 1)
      try await scene.report(1, committed: [1], at: 20)
      try await expect(scene.due(.deciding, at: 20), [.number(1)])
      try await expect(scene.advance(job: 1, at: 20)?.undecided, 0)
      try await expect(scene.told(1, at: 21), [UID.number(1).rawValue])
    },
    LedgerCase("the name of a destination of routes stays its own") { scene in
      try await expect(scene.ledger.hasRouted(to: "archive"), false)
      try await scene.admit(1)
      try await scene.deliver()
      try await expect(scene.ledger.hasRouted(to: "archive"), true)
      try await expect(scene.ledger.hasRouted(to: "second"), false)
    },
    LedgerCase("a delivery that failed fails the inquiry at once") { scene in
      try await scene.admit(1)
      try await scene.inquire(1, about: [1], at: 5)
      try await scene.fail(at: 10)
      try await scene.advance(job: 1, at: 11)
      try await expect(scene.told(1, at: 11), [UID.number(1) + " 272"])
    },
    LedgerCase("every destination must have committed, a waived one need not") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .commitment("second")])
      try await scene.inquire(1, about: [1], at: 5)
      try await scene.deliver()
      try await expect(scene.advance(job: 1, at: 30)?.undecided, 1)
      try await scene.change(.cancel, DeliveryFilter(destinations: ["second"]), at: 31)
      try await expect(scene.advance(job: 1, at: 31)?.undecided, 0)
      try await expect(scene.told(1, at: 32), [UID.number(1) + " 272"])
      try await scene.change(.waive, DeliveryFilter(destinations: ["second"]), at: 33)
      try await scene.inquire(2, about: [1], at: 34)
      try await expect(scene.told(2, at: 34), [UID.number(1).rawValue])
    },
    LedgerCase("a destination that only answered counts where the peer says so") { scene in
      try await scene.admit(1, to: [.response("archive")])
      try await scene.send(at: 10)
      try await scene.inquire(1, about: [1], at: 20)
      try await expect(scene.told(1, at: 20), [UID.number(1) + " 272"])
      try await scene.inquire(2, about: [1], proof: .response, at: 20)
      try await expect(scene.told(2, at: 20), [UID.number(1).rawValue])
    },
    LedgerCase("what was only found is no commitment") { scene in
      try await scene.admit(1, to: [.query("archive")])
      try await scene.send(at: 10)
      try await scene.answer([1: .found], at: 20)
      try await expect(scene.delivery(1).state, .delivered)
      try await scene.inquire(1, about: [1], at: 30)
      try await expect(scene.told(1, at: 30), [UID.number(1) + " 272"])
    },
    LedgerCase("what the asker itself proves is no proof") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.inquire(1, about: [1], excluded: ["archive"], at: 30)
      try await expect(scene.told(1, at: 30), [UID.number(1) + " 272"])
    },
    LedgerCase("others' instances are not told of, unless the peer may see them") { scene in
      try await scene.admit(1, from: "ct2")
      try await scene.deliver()
      try await scene.inquire(1, about: [1], at: 30)
      try await expect(scene.told(1, at: 30), [UID.number(1) + " 274"])
      try await scene.inquire(2, about: [1], seesAll: true, at: 30)
      try await expect(scene.told(2, at: 30), [UID.number(1).rawValue])
    },
    LedgerCase("the record answers when the copy is gone") { scene in
      try await scene.admit(1, retention: .after(.seconds(1)))
      try await scene.deliver()
      try await expect(scene.purge(at: 100), [1])
      try await scene.finishPurge(1, at: 101)
      try await scene.inquire(1, about: [1], at: 102)
      try await expect(scene.told(1, at: 102), [UID.number(1).rawValue])
    },
    LedgerCase("content of which another is on record is not vouched for") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.admit(2, sop: 1, content: 9, at: 40)
      try await scene.inquire(1, about: [1], at: 41)
      try await expect(scene.told(1, at: 41), nil)
      try await scene.advance(job: 1, at: 1041)
      try await expect(scene.told(1, at: 1042), [UID.number(1) + " 272"])
    },
    LedgerCase("what is not decided in time failed") { scene in
      try await scene.admit(1)
      try await scene.admit(2, to: [])
      try await scene.inquire(1, about: [1, 2, 3], at: 10)
      try await expect(scene.ledger.nextDueJob([.deciding]), .at(1010))
      try await expect(scene.advance(job: 1, at: 1009)?.undecided, 2)
      try await expect(scene.advance(job: 1, at: 1010)?.undecided, 0)
      try await expect(
        scene.told(1, at: 1011), [UID.number(1) + " 272", UID.number(2) + " 272", UID.number(3) + " 274"])
    },
    LedgerCase("a discarded instance is not here any more") { scene in
      try await scene.admit(1, to: [])
      try await scene.inquire(1, about: [1], at: 5)
      try await scene.change(.discard, InstanceFilter(ids: [.number(1)]), at: 6)
      try await scene.finishPurge(1, at: 7)
      try await scene.advance(job: 1, at: 8)
      try await expect(scene.told(1, at: 8), [UID.number(1) + " 274"])
    },
    LedgerCase("a proof taken back before the answer was told takes the success back") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.inquire(1, about: [1], at: 30)
      try await scene.report(1, failed: [1], at: 31)
      try await expect(scene.told(1, at: 32), nil)
      try await expect(scene.advance(job: 1, at: 32)?.undecided, 1)
    },
    LedgerCase("an answer that was begun to be told does not change") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.inquire(1, about: [1], at: 30)
      try await expect(scene.told(1, at: 31), [UID.number(1).rawValue])
      try await scene.report(1, failed: [1], at: 32)
      try await scene.advance(job: 1, at: 33)
      try await expect(scene.told(1, at: 34), [UID.number(1).rawValue])
    },
    LedgerCase("a copy that a peer asks about stays until that is decided") { scene in
      try await scene.admit(1, retention: .after(.seconds(1)))
      try await scene.deliver()
      try await scene.inquire(1, about: [1], basis: .hook, at: 30)
      try await expect(scene.purge(at: 100), [])
      try await scene.ledger.decide([ReferenceDecision(position: 0, failure: nil)], of: .number(1), now: .at(101))
      try await expect(scene.purge(at: 102), [1])
    },
    LedgerCase("a copy that is promised is pinned") { scene in
      try await scene.admit(1, to: [])
      try await scene.inquire(1, about: [1, 2], basis: .spooled, at: 30)
      let open = try await scene.ledger.openReferences(.number(1), from: 0, limit: 10)
      try expect(open.map(\.position), [0])
      try expect(open.first?.instance, .number(1))
      try await scene.ledger.decide(
        [ReferenceDecision(position: 0, failure: nil, pins: .number(1))], of: .number(1), now: .at(31))
      try await expect(scene.instance(1).promise, "promised to ct1 in transaction 1.2.826.8.1")
      try await expect(scene.told(1, at: 32), [UID.number(1).rawValue, UID.number(2) + " 274"])
    },
    LedgerCase("asking completes the study where the peer says so") { scene in
      try await scene.admit(1)
      try await scene.inquire(1, about: [1], completes: true, at: 5)
      try await scene.advance(at: 6)
      try await expect(scene.events().contains(.studyReceived), true)
    },
  ]

  /// A request is one job, and its answer is told until the peer has it.
  static let answers: [LedgerCase] = [
    LedgerCase("the same request again is the same job") { scene in
      try await scene.admit(1)
      try await expect(scene.inquire(1, about: [1], at: 5), .opened(.number(1)))
      try await expect(scene.inquire(1, about: [1], at: 6), .repeated(.number(1)))
      try await expect(scene.inquire(1, about: [2], at: 7), .contradicts(.number(1)))
      try await expect(scene.inquire(1, about: [2], from: "CT2", as: 2, peer: "ct2", at: 8), .opened(.number(2)))
    },
    LedgerCase("after its answer was told, the same request has the answer told again") { scene in
      try await scene.inquire(1, about: [1], at: 5)
      _ = try await scene.told(1, at: 6)
      try await scene.reported(1, at: 7)
      try await expect(scene.job(1).state, .success)
      try await scene.admit(1, at: 8)
      try await scene.inquire(1, about: [1], at: 9)
      try await expect(scene.due(.reporting, at: 9), [.number(1)])
      try await expect(scene.told(1, at: 10), [UID.number(1) + " 274"])
    },
    LedgerCase("what a route asks is not answered by ourselves") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 20)
      try await expect(scene.inquire(1, about: [1], in: 1, at: 50), .ownRequest)
    },
    LedgerCase("a peer has only so many requests open") { scene in
      try await scene.inquire(1, about: [1], limit: 1, at: 5)
      try await expect(scene.inquire(2, about: [1], limit: 1, at: 6), .tooMany(1))
      _ = try await scene.told(1, at: 7)
      try await scene.reported(1, at: 8)
      try await expect(scene.inquire(2, about: [1], limit: 1, at: 9), .opened(.number(2)))
    },
    LedgerCase("an answer that is not taken is told again, later, and fails at last") { scene in
      try await scene.inquire(1, about: [1], at: 5)
      _ = try await scene.told(1, at: 6)
      try await scene.reported(1, .failed(message: "0110H", retryAt: .at(40)), at: 10)
      try await expect(scene.job(1).state, .retry)
      try await expect(scene.due(.reporting, at: 39), [])
      try await expect(scene.due(.reporting, at: 40), [.number(1)])
      try await scene.reported(1, .failed(message: "0110H", retryAt: .at(20_000)), at: 10_010)
      try await expect(scene.job(1).state, .failure)
      try await expect(scene.job(1).failure, JobFailure(.network, "0110H"))
    },
    LedgerCase("a peer that cannot be reached postpones all its answers") { scene in
      for number in 1...3 { try await scene.inquire(number, about: [1], at: 5) }
      try await scene.inquire(4, about: [1], from: "CT2", peer: "ct2", at: 5)
      let since = try await scene.ledger.postponeReports(
        to: "ct1", message: "refused", retryAt: .at(50), givingUp: .at(-1), now: .at(10))
      try expect(since, .at(10))
      try await expect(scene.due(.reporting, at: 49), [.number(4)])
      try await expect(scene.ledger.duePeers(.reporting, now: .at(49)), ["ct2"])
      try await expect(scene.due(.reporting, at: 50).count, 4)
    },
    LedgerCase("a peer that knows no such transaction is not told again") { scene in
      try await scene.inquire(1, about: [1], at: 5)
      _ = try await scene.told(1, at: 6)
      try await scene.reported(1, .unwanted(status: 0x0115, message: "unknown"), at: 7)
      try await expect(scene.job(1).state, .failure)
      try await expect(scene.ledger.nextDueJob(Set(JobStage.allCases)), nil)
    },
    LedgerCase("the alarm about undelivered answers ends with its cause") { scene in
      try await scene.inquire(1, about: [1], at: 5)
      _ = try await scene.told(1, at: 6)
      try await scene.reported(1, .failed(message: "0110H", retryAt: .at(40)), at: 10)
      try await scene.ledger.raise(
        Alarm(.reportUndelivered, subject: "ct1", since: .at(10), text: "cannot be told"), event: nil)
      try await scene.reported(1, .failed(message: "0110H", retryAt: .at(80)), at: 40)
      try await expect(scene.alarms(), [.reportUndelivered])
      try await scene.reported(1, at: 80)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("a cancelled inquiry is not answered, and may be submitted again") { scene in
      try await scene.admit(1)
      try await scene.inquire(1, about: [1], at: 5)
      try await expect(scene.change(.resubmit, job: 1, at: 6), false)
      try await expect(scene.change(.cancel, job: 1, at: 6), true)
      try await expect(scene.job(1).state, .failure)
      try await expect(scene.job(1).failure?.code, .canceled)
      try await scene.deliver()
      try await expect(scene.advance(job: 1, at: 30), nil)
      try await expect(scene.told(1, at: 30), nil)
      try await expect(scene.change(.resubmit, job: 1, at: 2000), true)
      try await scene.advance(job: 1, at: 2001)
      try await expect(scene.told(1, at: 2002), [UID.number(1).rawValue])
    },
    LedgerCase("a paused job waits until it is resumed") { scene in
      try await scene.inquire(1, about: [1], at: 5)
      try await expect(scene.change(.resume, job: 1, at: 6), false)
      try await expect(scene.change(.pause, job: 1, at: 6), true)
      try await expect(scene.due(.reporting, at: 7), [])
      try await expect(scene.told(1, at: 7), nil)
      try await expect(scene.change(.resume, job: 1, at: 8), true)
      try await expect(scene.told(1, at: 9), [UID.number(1) + " 274"])
    },
    LedgerCase("only what has ended is deleted, and it stays on record") { scene in
      try await scene.inquire(1, about: [1], at: 5)
      try await expect(scene.ledger.deleteJob(.number(1), actor: "api", now: .at(6)), false)
      _ = try await scene.told(1, at: 6)
      try await scene.reported(1, at: 7)
      try await expect(scene.ledger.deleteJob(.number(1), actor: "api", now: .at(8)), true)
      try await expect(scene.ledger.job(.number(1)), nil)
      try await expect(scene.ledger.deleteJob(.number(1), actor: "api", now: .at(9)), nil)
      try await expect(scene.ledger.jobs(JobFilter(), page: PageRequest()).items, [])
      try await expect(scene.ledger.inquired(UID.number(1)).first?.reasonCode, 0x0112)
    },
    LedgerCase("jobs are listed, the latest first, by kind and state, page by page") { scene in
      for number in 1...5 { try await scene.inquire(number, about: [1], at: number) }
      try await scene.change(.cancel, job: 3, at: 9)
      let first = try await scene.ledger.jobs(JobFilter(), page: PageRequest(limit: 3))
      try expect(first.items.map(\.id), [.number(5), .number(4), .number(3)])
      let next = try await scene.ledger.jobs(JobFilter(), page: PageRequest(cursor: first.next, limit: 3))
      try expect(next.items.map(\.id), [.number(2), .number(1)])
      let failed = try await scene.ledger.jobs(JobFilter(states: [.failure]), page: PageRequest())
      try expect(failed.items.map(\.id), [.number(3)])
      let stores = try await scene.ledger.jobs(JobFilter(kinds: [.modalityStore]), page: PageRequest())
      try expect(stores.items, [])
    },
    LedgerCase("a long request is looked at piece by piece, and answered as one") { scene in
      try await scene.admit(1500)
      try await scene.send(at: 1)
      try await scene.inquire(1, about: Array(1...2500), at: 5)
      try await expect(scene.told(1, at: 5), nil)
      var pieces = 0
      while try await scene.advance(job: 1, at: 6)?.hasNews == true { pieces += 1 }
      try expect(pieces, 2)
      try await expect(scene.job(1).done, 2499)
      try await scene.ask(1, at: 15)
      try await scene.report(1, committed: [1500], at: 20)
      try await scene.advance(job: 1, at: 21)
      try await expect(scene.told(1, at: 22)?.count, 2500)
      try await expect(scene.told(1, at: 22)?.first, UID.number(1500).rawValue)
    },
  ]
}

extension UID {
  fileprivate static func number(_ number: Int) -> UID { SOPInstance.number(number).instanceUID }

  fileprivate static func + (uid: UID, text: String) -> String { uid.rawValue + text }
}
