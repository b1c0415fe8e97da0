import DICOM
import EscrowCore

extension LedgerConformance {
  static let asking: [LedgerCase] = [
    LedgerCase("each sending begins the quiet time anew") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.admit(2)
      try await scene.send(at: 14)
      try await expect(scene.ask(1, at: 18), .nothingDue(next: .at(19)))
      try await expect(scene.ask(1, at: 19).numbers, [1, 2])
    },
    LedgerCase("who never falls quiet is asked for after the longest wait") { scene in
      let policy = CommitmentPolicy(quiet: .seconds(5), maxWait: .seconds(12))
      for (number, seconds) in [(1, 10), (2, 14), (3, 18)] {
        try await scene.admit(number)
        try await scene.send(at: seconds)
      }
      try await expect(scene.ask(1, policy: policy, at: 21), .nothingDue(next: .at(22)))
      try await expect(scene.ask(1, policy: policy, at: 22).numbers, [1, 2, 3])
    },
    LedgerCase("what one transaction cannot take goes into the next at once") { scene in
      for number in 1...3 { try await scene.admit(number) }
      try await scene.send(at: 10)
      let policy = CommitmentPolicy(maxReferences: 2)
      try await expect(scene.ask(1, policy: policy, at: 15).numbers, [1, 2])
      try await expect(scene.ask(2, policy: policy, at: 15).numbers, [3])
      try await expect(scene.ask(3, policy: policy, at: 15), .nothingDue(next: nil))
    },
    LedgerCase("instances without a study are asked for one by one") { scene in
      for number in 1...2 { try await scene.admit(number, study: nil) }
      try await scene.send(at: 10)
      try await expect(scene.ask(1, at: 15).numbers, [1])
      try await expect(scene.ask(2, at: 15).numbers, [2])
    },
    LedgerCase("who is content with the response is not asked for") { scene in
      try await scene.admit(1, to: [.response("archive")])
      try await scene.send(at: 10)
      try await expect(scene.delivery(1).state, .delivered)
      try await expect(scene.ask(1, at: 100), .nothingDue(next: nil))
    },
    LedgerCase("silence asks again with growing waits, and never sends again") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      var time = 15
      for round in 1...7 {
        try await expect(scene.ask(round, at: time).numbers, [1], "round \(round)")
        time += Int(Scene.policy.wait(afterOpening: round).inSeconds)
        try await expect(scene.overdue(at: time - 1), 0, "round \(round)")
        try await expect(scene.overdue(at: time), 1, "round \(round)")
        try await expect(scene.delivery(1).state, .sent)
      }
      try await expect(scene.delivery(1).attempts, 1)
    },
    LedgerCase("an overdue report is alarmed once, and its coming ends it") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      _ = try await scene.overdue(at: 86_414)
      try await expect(scene.alarms(), [])
      for seconds in 86_415...86_416 { _ = try await scene.overdue(at: seconds) }
      try await expect(scene.alarms(), [.commitmentOverdue])
      try await scene.report(1, committed: [1], at: 86_420)
      try await expect(scene.alarms(), [])
      try await expect(scene.events(), [.commitmentRequested, .commitmentOverdue, .commitmentSucceeded])
    },
  ]
}
