import DICOM
import EscrowCore

extension LedgerConformance {
  /// What came in a day, and what takes room.
  static let overviews: [LedgerCase] = [
    LedgerCase("of each kind of alarm as many are told as are asked for, the oldest first") { scene in
      for (kind, subject, at) in [
        (AlarmKind.instanceDamaged, "b", 1), (.instanceDamaged, "a", 2), (.instanceDamaged, "c", 3),
        (.maintenance, "intake", 0), (.clockJumped, "clock", 4),
      ] { try await scene.ledger.raise(Alarm(kind, subject: subject, since: .at(at), text: "?"), event: nil) }
      let some = try await scene.ledger.alarms(of: [.instanceDamaged, .clockJumped], limit: 2)
      try expect(some.map(\.subject), ["b", "a", "clock"])
      try await expect(scene.ledger.alarms(of: [.maintenance]).map(\.subject), ["intake"])
      try await expect(scene.ledger.alarms().map(\.subject), ["intake", "b", "a", "c", "clock"])
    },
    LedgerCase("what came in a time is told by source, with where it stands") { scene in
      try await scene.admit(1, retention: .after(.zero), at: 100)
      try await scene.admit(2, to: [], at: 110)
      try await scene.admit(3, from: nil, at: 120)
      try await scene.admit(4, at: 200)
      try await scene.deliver(1, at: 201)
      _ = try await scene.purge(at: 220)
      try await scene.finishPurge(1, at: 221)
      try await scene.fail(at: 222)
      let tallies = try await scene.ledger.tallies(from: .at(100), to: .at(200), of: nil)
      try expect(tallies.map(\.peer), [nil, "ct1"])
      try expect(tallies.map(\.received), [1, 2])
      let ct1 = try require(tallies.last)
      try expect([ct1.delivered, ct1.committed, ct1.purged, ct1.held, ct1.open, ct1.failed], [1, 1, 1, 1, 0, 0])
      try expect(ct1.bytes, 2000)
      try await expect(scene.ledger.tallies(from: .at(100), to: .at(200), of: "ct1").map(\.received), [2])
      try await expect(scene.ledger.tallies(from: .at(0), to: .at(100), of: nil), [])
      try await expect(scene.ledger.tallies(from: .at(200), to: .at(300), of: nil).map(\.received), [1])
    },
    LedgerCase("what a peer asked about and never sent is told") { scene in
      try await scene.admit(1)
      try await scene.inquire(1, about: [1, 2, 3], at: 100)
      try await scene.advance(job: 1, at: 101)
      let missing = try await scene.ledger.missing(askedFrom: .at(100), to: .at(200), by: nil, limit: 10)
      try expect(missing.map(\.sop), [.number(2), .number(3)])
      try expect(missing.first?.peer, "ct1")
      try expect(missing.first?.askedAt, .at(100))
      try await expect(scene.ledger.missing(askedFrom: .at(100), to: .at(200), by: "ct1", limit: 1).count, 1)
      try await expect(scene.ledger.missing(askedFrom: .at(100), to: .at(200), by: "ct2", limit: 9), [])
      try await expect(scene.ledger.missing(askedFrom: .at(101), to: .at(200), by: nil, limit: 9), [])
      try await scene.admit(2, at: 150)
      try await expect(
        scene.ledger.missing(askedFrom: .at(100), to: .at(200), by: nil, limit: 9).map(\.sop), [.number(3)])
    },
    LedgerCase("studies that wait longest and that are largest are told") { scene in
      try await scene.admit(1, study: Scene.otherStudy, at: 1)
      for number in 2...4 { try await scene.admit(number, at: number) }
      try await scene.admit(5, study: nil, to: [], at: 9)
      let space = try await scene.ledger.space(studies: 2, examining: 100)
      try expect(space.longestWaiting.map(\.key), [Scene.otherStudy, Scene.study])
      try expect(space.longestWaiting.map(\.waitsSince), [.at(1), .at(2)])
      try expect(space.largest.map(\.key), [Scene.study, Scene.otherStudy])
      try expect(space.largest.first?.bytes, 3000)
      try expect(space.decisions[.discardHeld], SpaceOverview.Freed(instances: 1, bytes: 1000))
    },
    LedgerCase("what a decision would free is told") { scene in
      try await scene.admit(1, to: [.commitment("archive"), .response("research")])
      try await scene.admit(2)
      try await scene.admit(3, to: [.commitment("archive"), .response("research")], retention: .never)
      try await scene.deliver(3)
      var space = try await scene.ledger.space(studies: 9, examining: 100)
      try expect(space.decisions[.waive("research")], SpaceOverview.Freed(instances: 1, bytes: 1000))
      try expect(space.decisions[.endRetention], SpaceOverview.Freed(instances: 1, bytes: 1000))
      try expect(space.decisions[.waive("archive")], nil)
      try await expect(scene.purge(at: 5000), [2])
      try await scene.finishPurge(2, at: 5001)
      space = try await scene.ledger.space(studies: 9, examining: 1)
      try expect(space.decisions[.endRetention], nil)
      try expect(space.largest.map(\.instances), [2])
      try expect(space.decisions[.waive("research")], SpaceOverview.Freed(instances: 1, bytes: 1000, isAtLeast: true))
    },
    LedgerCase("deliveries are found by all that is known of them") { scene in
      try await scene.admit(1, to: [.commitment("archive")], at: 1)
      try await scene.admit(2, from: nil, to: [.response("archive", priority: .low)], at: 2) {
        $0.attributes.patientID = "OTHER"
        $0.source.callingAE = "MR9"
        $0.plan.deliveries[0].routes = ["night", "r2"]
      }
      try await scene.admit(3, to: [.response("research")], at: 3)
      let claim = try require(try await scene.claim(limit: 1, at: 4).claims.first)
      try await scene.record(
        claim, .retry(notBefore: .at(900), reason: "Out of resources", counted: true), status: 0xA700,
        message: "Disk FULL", at: 5)
      try await scene.change(.hold, DeliveryFilter(instance: .number(3)), at: 6)
      try await expect(scene.found { $0.reason = "out OF" }, [1])
      try await expect(scene.found { $0.reason = "because" }, [3])
      try await expect(scene.found { $0.lastError = "disk full" }, [1])
      try await expect(scene.found { $0.patientID = "OTHER" }, [2])
      try await expect(scene.found { $0.callingAEs = ["MR9", "XX"] }, [2])
      try await expect(scene.found { $0.peers = ["ct1"] }, [1, 3])
      try await expect(scene.found { $0.routes = ["night"] }, [2])
      try await expect(scene.found { $0.routes = ["nigh"] }, [])
      try await expect(scene.found { $0.proofs = [.response] }, [2, 3])
      try await expect(scene.found { $0.isHeld = true }, [3])
      try await expect(scene.found { $0.isHeld = false }, [1, 2])
      try await expect(scene.found { $0.dueAfter = .at(900) }, [1])
      try await expect(scene.found { $0.dueBefore = .at(900) }, [2, 3])
      try await expect(scene.found { $0.receivedBefore = .at(2) }, [1])
      try await expect(scene.found { $0.receivedAfter = .at(2) }, [2, 3])
      try await expect(scene.found { ($0.proofs, $0.isHeld) = ([.response], false) }, [2])
      try await expect(scene.found { ($0.states, $0.reason) = ([.failed], "out") }, [])
      var filter = DeliveryFilter(destinations: ["archive"])
      filter.peers = ["ct1"]
      try await expect(scene.change(.cancel, filter, expect: 1, at: 7).changed, 1)
      try await expect(scene.delivery(1).state, .cancelled)
      try await expect(scene.delivery(2).state, .queued)
    },
    LedgerCase("instances are found by all that is known of them") { scene in
      try await scene.admit(1, to: [], at: 1)
      try await scene.admit(2, from: nil, to: [], hold: "Wrong Patient", at: 2) {
        $0.source.callingAE = "MR9"
      }
      try await scene.admit(3, at: 3)
      try await expect(scene.foundInstances { $0.patientID = "P2" }, [2])
      try await expect(scene.foundInstances { $0.callingAEs = ["CT1"] }, [1, 3])
      try await expect(scene.foundInstances { $0.peers = ["ct1"] }, [1, 3])
      try await expect(scene.foundInstances { $0.reason = "wrong" }, [2])
      try await expect(scene.foundInstances { $0.receivedBefore = .at(3) }, [1, 2])
      try await expect(scene.foundInstances { $0.receivedAfter = .at(3) }, [3])
      try await expect(scene.foundInstances { ($0.states, $0.peers) = ([.held], ["ct1"]) }, [1])
      try await expect(scene.foundInstances { ($0.ids, $0.peers) = ([.number(1), .number(2)], ["ct1"]) }, [1])
      var filter = InstanceFilter()
      filter.reason = "no route"
      try await expect(scene.change(.discard, filter, expect: 1, at: 4).changed, 1)
      try await expect(scene.instance(2).state, .held)
    },
    LedgerCase("what is found by its row comes in pages in the order of admission") { scene in
      for number in 1...5 {
        try await scene.admit(number, to: [number.isMultiple(of: 2) ? .response("archive") : .commitment("research")])
      }
      var filter = DeliveryFilter()
      filter.reason = ""
      filter.callingAEs = ["CT1"]
      var page = PageRequest(limit: 2)
      var found: [Int] = []
      repeat {
        let part = try await scene.ledger.deliveries(filter, page: page)
        found += part.items.map(\.delivery.instance.number)
        page.cursor = part.next
      } while page.cursor != nil
      try expect(found, [1, 2, 3, 4, 5])
    },
  ]
}

extension Scene {
  /// The numbers of the instances that a filter finds.
  fileprivate func foundInstances(_ change: (inout InstanceFilter) -> Void) async throws -> [Int] {
    var filter = InstanceFilter()
    change(&filter)
    return try await ledger.instances(filter, page: PageRequest()).items.map(\.instance.id.number)
  }

  /// The numbers of the instances whose deliveries a filter finds.
  fileprivate func found(_ change: (inout DeliveryFilter) -> Void) async throws -> [Int] {
    var filter = DeliveryFilter()
    change(&filter)
    let page = try await ledger.deliveries(filter, page: PageRequest())
    try await expect(ledger.count(filter), page.items.count)
    return page.items.map(\.delivery.instance.number)
  }
}
