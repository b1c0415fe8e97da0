import DICOM
import EscrowCore

extension LedgerConformance {
  static let reports: [LedgerCase] =
    [0x0110, 0x0131, 0x0213, 0xC001].map(asksAgain) + [0x0119, 0x0122].map(fails) + [
      LedgerCase("0112H sends again with growing waits") { scene in
        try await scene.admit(1)
        for (round, wait) in [(1, 5), (2, 10), (3, 20)] {
          try await scene.send(at: round * 1000)
          try await scene.ask(round, at: round * 1000 + 5)
          try await scene.report(round, failed: [1], at: round * 1000 + 6)
          try await expect(scene.delivery(1).notBefore, .at(round * 1000 + 6 + wait), "round \(round)")
        }
        try await expect(scene.delivery(1).resends, 3)
      },
      LedgerCase("a failure of an older attempt is only remembered") { scene in
        try await askedTwice(scene)
        try await scene.report(2, failed: [1], at: 620)
        try await scene.send(at: 700)
        let late = ReportResult.Applied(destination: "archive", failed: 1)
        try await expect(scene.report(1, failed: [1], at: 701), .applied(late))
        try await expect(scene.delivery(1).state, .sent)
        try await expect(scene.delivery(1).resends, 1)
      },
      LedgerCase("an older failure after a newer success is only remembered") { scene in
        try await askedTwice(scene)
        try await scene.report(2, committed: [1], at: 620)
        try await scene.report(1, failed: [1], at: 621)
        try await expect(scene.delivery(1).state, .delivered)
        try await expect(scene.delivery(1).contradicted, false)
        try await expect(scene.alarms(), [])
      },
      LedgerCase("a newer success proves after an older failure") { scene in
        try await askedTwice(scene)
        try await scene.report(1, failed: [1], at: 620)
        try await scene.report(2, committed: [1], at: 621)
        try await expect(scene.delivery(1).state, .delivered)
      },
      LedgerCase("a reference in both lists of a report has failed") { scene in
        try await scene.admit(1)
        try await scene.send(at: 10)
        try await scene.ask(1, at: 15)
        try await scene.report(1, committed: [1], failed: [1], at: 20)
        try await expect(scene.delivery(1).state, .queued)
        try await expect(scene.transaction(1).committed, 0)
      },
      LedgerCase("a proof taken back for another reason is asked for, and proved again") { scene in
        try await scene.admit(1)
        try await scene.deliver()
        try await scene.report(1, failed: [1], reason: 0x0110, at: 30)
        try await expect(scene.delivery(1).state, .sent)
        try await expect(scene.delivery(1).notBefore, .at(630))
        try await expect(scene.purge(at: 5000), [])
        try await scene.ask(2, at: 5000)
        try await scene.report(2, committed: [1], at: 5001)
        try await expect(scene.delivery(1).contradicted, false)
        try await expect(scene.alarms(), [])
        try await expect(scene.instance(1).settledAt, .at(5001))
      },
    ]

  /// Instance 1 in transactions 1 and 2, both of its first attempt.
  private static func askedTwice(_ scene: Scene) async throws {
    try await scene.admit(1)
    try await scene.send(at: 10)
    try await scene.ask(1, at: 15)
    try await expect(scene.overdue(at: 615), 1)
    try await scene.ask(2, at: 615)
  }

  /// A reason that asks again, and after five answers sends again.
  private static func asksAgain(_ reason: UInt16) -> LedgerCase {
    LedgerCase("\(reason.dicomHex) asks again, and after five answers sends again") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      var time = 15
      for round in 1...5 {
        try await expect(scene.ask(round, at: time).numbers, [1], "round \(round)")
        try await scene.report(round, failed: [1], reason: reason, at: time)
        try await expect(scene.delivery(1).state, round < 5 ? .sent : .queued, "round \(round)")
        time += Int(Scene.policy.wait(afterOpening: round).inSeconds)
        if round < 5 { try await expect(scene.delivery(1).notBefore, .at(time), "round \(round)") }
      }
      try await expect(scene.delivery(1).resends, 1)
    }
  }

  /// A reason that will not be different next time.
  private static func fails(_ reason: UInt16) -> LedgerCase {
    LedgerCase("\(reason.dicomHex) is permanent") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await scene.report(1, failed: [1], reason: reason, at: 20)
      try await expect(scene.delivery(1).state, .failed)
      try await expect(scene.alarms(), [.deliveryFailed])
      try await expect(scene.transaction(1).failed, [FailedReference(sop: .number(1), reason: reason)])
    }
  }
}
