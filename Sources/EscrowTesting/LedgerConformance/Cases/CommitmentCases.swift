import DICOM
import EscrowCore

extension LedgerConformance {
  static let commitment: [LedgerCase] = [
    LedgerCase("a study is asked for when it is quiet, in one transaction") { scene in
      try await scene.admit(1)
      try await scene.admit(2)
      try await scene.admit(3, study: Scene.otherStudy)
      try await scene.send(at: 10)
      try await expect(scene.ask(1, at: 14), .nothingDue(next: .at(15)))
      try await expect(scene.ask(1, at: 15).numbers, [1, 2])
      try await expect(scene.ask(2, at: 15).numbers, [3])
      try await expect(scene.delivery(1).state, .requested)
    },
    LedgerCase("success proves, and settles the instance") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await expect(scene.delivery(1).state, .delivered)
      try await expect(scene.instance(1).settledAt, .at(20))
      try await expect(scene.events(), [.commitmentRequested, .commitmentSucceeded])
    },
    LedgerCase("reports of strangers and of unknown transactions change nothing") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await expect(scene.report(9, committed: [1], at: 16), .unknownTransaction)
      try await expect(scene.report(1, committed: [1], from: ["research"], at: 16), .wrongReporter("archive"))
      try await expect(scene.delivery(1).state, .requested)
    },
    LedgerCase("extra and missing references, and the same report again") { scene in
      try await scene.admit(1)
      try await scene.admit(2)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      let first = ReportResult.Applied(destination: "archive", proved: 1, ignored: 1, missing: 1)
      try await expect(scene.report(1, committed: [1, 7], at: 16), .applied(first))
      let again = ReportResult.Applied(destination: "archive", ignored: 2, missing: 1)
      try await expect(scene.report(1, committed: [1, 7], at: 17), .applied(again))
    },
    LedgerCase("0112H sends again, at most three times") { scene in
      try await scene.admit(1)
      for round in 1...4 {
        try await scene.send(at: round * 1000)
        try await scene.ask(round, at: round * 1000 + 5)
        try await scene.report(round, failed: [1], at: round * 1000 + 6)
        try await expect(scene.delivery(1).state, round < 4 ? .queued : .failed, "round \(round)")
      }
      try await expect(scene.alarms(), [.deliveryFailed])
    },
    LedgerCase("success then failure takes the proof back") { scene in
      try await scene.admit(1)
      try await scene.deliver()
      try await scene.report(1, failed: [1], at: 30)
      try await expect(scene.delivery(1).state, .queued)
      try await expect(scene.delivery(1).contradicted, true)
      try await expect(scene.instance(1).state, .inTransit)
      try await expect(scene.alarms(), [.commitmentContradicted])
    },
    LedgerCase("a class that differs is no proof") { scene in
      try await scene.admit(1) { $0.sop.classUID = Scene.mr }
      try await scene.deliver()
      try await expect(scene.delivery(1).state, .failed)
      try await expect(scene.lastEvent().kind, .commitmentFailed)
    },
    LedgerCase("a late report of an older transaction proves") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await expect(scene.ledger.expireReports(policies: ["archive": Scene.policy], now: .at(615)), ["archive": 1])
      try await expect(scene.ask(2, at: 615).numbers, [1])
      try await scene.report(1, committed: [1], at: 620)
      try await expect(scene.delivery(1).state, .delivered)
    },
    LedgerCase("an older success after a newer failure proves nothing") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      _ = try await scene.ledger.expireReports(policies: ["archive": Scene.policy], now: .at(615))
      try await scene.ask(2, at: 615)
      try await scene.report(2, failed: [1], at: 620)
      try await scene.report(1, committed: [1], at: 621)
      try await expect(scene.delivery(1).state, .queued)
    },
  ]
}
