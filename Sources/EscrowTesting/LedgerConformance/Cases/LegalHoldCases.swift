import DICOM
import EscrowCore

extension LedgerConformance {
  /// What the law keeps.
  static let legalHolds: [LedgerCase] = [
    LedgerCase("a legal hold keeps what is on record and what comes later, until it ends") { scene in
      try await scene.admit(1)
      try await expect(scene.keep(.study(Scene.study), at: 1), 1)
      try await scene.admit(2, at: 2)
      try await scene.admit(3, study: Scene.otherStudy, at: 2)
      try await scene.deliver(3)
      try await expect(scene.instance(1).legalHold, "court order")
      try await expect(scene.instance(2).legalHold, "court order")
      try await scene.ask(2, at: 16)
      try await scene.report(2, committed: [3], at: 17)
      try await expect(scene.purge(at: 5000), [3])
      try await scene.finishPurge(3, at: 5000)
      try await expect(scene.ledger.legalHolds().map(\.instances), [2])
      try await expect(scene.letGo(.study(Scene.study), dryRun: true, at: 5001), 2)
      try await expect(scene.letGo(.study(Scene.study), at: 5002), 2)
      try await expect(scene.lastEvent().reason, "legal hold of study 1.2.826.7 ended: settled")
      try await expect(scene.ledger.legalHolds(), [])
      try await expect(scene.purge(at: 5003), [1, 2])
    },
    LedgerCase("a legal hold stops neither sending nor asking") { scene in
      try await scene.keep(.patient("P1", issuer: nil), at: 0)
      try await scene.admit(1)
      try await scene.deliver()
      try await expect(scene.delivery(1).state, .delivered)
      try await expect(scene.instance(1).state, .settled)
      let record = InstanceRecord(instance: try await scene.instance(1), deliveries: [try await scene.delivery(1)])
      try expect(
        PurgeGuard.obstacle(Consignment(instance: record.instance, deliveries: record.deliveries)),
        "kept: on legal hold: court order")
    },
    LedgerCase("what is on legal hold is neither discarded nor removed") { scene in
      try await scene.admit(1, to: [])
      try await scene.admit(2)
      try await scene.keep(.study(Scene.study), at: 1)
      try await scene.deliver(2)
      let kept = "kept: on legal hold: court order"
      try await expect(scene.change(.discard, at: 30).skipped.map(\.reason), [kept, kept])
      try await scene.change(.confirm, at: 31)
      try await expect(
        scene.ledger.remove([.number(1), .number(2)], provedBy: nil, actor: "admin", now: .at(32)),
        [.number(1): kept, .number(2): kept])
      try await expect(scene.instance(1).state, .held)
    },
    LedgerCase("a patient is held by issuer, and where none is told") { scene in
      for (number, issuer) in [(1, "A"), (2, "B"), (3, nil)] {
        try await scene.admit(number) {
          $0.attributes.patientID = "P"
          $0.attributes.issuerOfPatientID = issuer
        }
      }
      try await expect(scene.keep(.patient("P", issuer: "A"), at: 1), 2)
      try await expect(scene.instance(1).attributes.issuerOfPatientID, "A")
      try await expect(scene.instance(1).legalHold, "court order")
      try await expect(scene.instance(2).legalHold, nil)
      try await expect(scene.instance(3).legalHold, "court order")
    },
    LedgerCase("what two legal holds keep stays until both have ended") { scene in
      try await scene.admit(1)
      try await scene.keep(.study(Scene.study), reason: "one", at: 1)
      try await expect(scene.keep(.patient("P1", issuer: nil), reason: "two", at: 2), 1)
      try await expect(scene.instance(1).legalHold, "one; two")
      try await expect(scene.letGo(.study(Scene.study), at: 3), 0)
      try await expect(scene.instance(1).legalHold, "two")
      try await expect(scene.letGo(.patient("P1", issuer: nil), at: 4), 1)
      try await expect(scene.instance(1).legalHold, nil)
    },
    LedgerCase("a subject has one legal hold, and another number than expected ends none") { scene in
      try await scene.admit(1)
      try await scene.keep(.study(Scene.study), at: 1)
      try await expect(scene.keep(.study(Scene.study), at: 2), nil)
      try await expect(scene.letGo(.study(Scene.otherStudy), at: 3), nil)
      try await expect(LedgerError.unexpectedCount(matched: 1, expected: 2)) {
        try await scene.letGo(.study(Scene.study), expect: 2, at: 4)
      }
      try await expect(scene.ledger.legalHolds().count, 1)
    },
  ]
}

extension Scene {
  @discardableResult
  fileprivate func keep(
    _ subject: LegalHold.Subject, reason: String = "court order", at seconds: Int
  ) async throws -> Int? {
    try await ledger.begin(LegalHold(subject, by: "admin", reason: reason, at: .at(seconds)))
  }

  @discardableResult
  fileprivate func letGo(
    _ subject: LegalHold.Subject, expect: Int? = nil, dryRun: Bool = false, at seconds: Int
  ) async throws -> Int? {
    let order = BulkOrder(actor: "admin", reason: "settled", expect: expect, dryRun: dryRun)
    return try await ledger.endLegalHold(subject, by: order, now: .at(seconds))
  }
}
