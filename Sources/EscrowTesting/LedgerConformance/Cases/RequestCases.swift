import DICOM
import EscrowCore

extension LedgerConformance {
  static let requests: [LedgerCase] = [
    LedgerCase("an accepted request is waited for") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await scene.answer(1, .accepted, at: 16)
      try await expect(scene.delivery(1).state, .requested)
      try await expect(scene.transaction(1).state, .open)
    },
    LedgerCase("a refused request waits with an alarm, which an acceptance ends") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await scene.answer(1, .refused(status: 0x0124, message: "no", retryAt: .at(5000)), at: 16)
      try await expect(scene.delivery(1).state, .sent)
      try await expect(scene.delivery(1).notBefore, .at(5000))
      try await expect(scene.transaction(1).state, .refused)
      try await expect(scene.alarms(), [.commitmentRefused])
      try await expect(scene.ask(2, at: 4999), .nothingDue(next: .at(5000)))
      try await expect(scene.ask(2, at: 5000).numbers, [1])
      try await scene.answer(2, .accepted, at: 5001)
      try await expect(scene.delivery(1).state, .requested)
      try await expect(scene.alarms(), [])
    },
    LedgerCase("a failed request is asked again by the clock") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await scene.answer(1, .failed(status: 0x0110, message: "busy"), at: 16)
      try await expect(scene.delivery(1).state, .sent)
      try await expect(scene.delivery(1).lastError, "busy")
      try await expect(scene.ask(2, at: 614), .nothingDue(next: .at(615)))
      try await expect(scene.ask(2, at: 615).numbers, [1])
      try await expect(scene.delivery(1).asks, 2)
    },
    LedgerCase("a request that never left takes its opening back") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await scene.answer(1, .notSent(message: "down", retryAt: .at(40)), at: 16)
      try await expect(scene.delivery(1).asks, 0)
      try await expect(scene.delivery(1).firstAskedAt, nil)
      try await expect(scene.ask(2, at: 39), .nothingDue(next: .at(40)))
      try await expect(scene.ask(2, at: 40).numbers, [1])
      try await expect(scene.delivery(1).notBefore, .at(640))
      try await expect(scene.alarms(), [])
    },
    LedgerCase("an answer to an older request changes nothing") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await expect(scene.overdue(at: 615), 1)
      try await scene.ask(2, at: 615)
      try await scene.answer(1, .failed(status: nil, message: "late"), at: 616)
      try await expect(scene.delivery(1).state, .requested)
    },
    LedgerCase("a Transaction UID is used once") { scene in
      try await scene.admit(1)
      try await scene.admit(2, study: Scene.otherStudy)
      try await scene.send(at: 10)
      try await scene.ask(1, at: 15)
      try await expect(LedgerError.transactionExists("2.25.1")) { _ = try await scene.ask(1, at: 15) }
      try await expect(scene.delivery(2).state, .sent)
    },
    LedgerCase("an operator's transaction names each SOP Instance UID once and proves nothing") { scene in
      try await scene.admit(1)
      try await scene.send(at: 10)
      try await scene.ledger.openTransaction(
        .transaction(9), to: "archive", references: [.number(1), .number(1), .number(7)], asking: nil, actor: "admin",
        now: .at(11))
      try await expect(scene.transaction(9).references, 2)
      try await expect(scene.transaction(9).manual, true)
      try await scene.report(9, committed: [1, 7], at: 12)
      try await expect(scene.transaction(9).committed, 2)
      try await expect(scene.delivery(1).state, .sent)
      try await expect(scene.instance(1).state, .inTransit)
    },
  ]
}
