import EscrowCore

extension LedgerConformance {
  /// Each destination has a queue of its own.
  static let queues: [LedgerCase] = [
    LedgerCase("no claim waits for another destination, whatever stands in its queue") { scene in
      for number in 1...6 {
        try await scene.admit(
          number, to: [.commitment("archive", priority: number > 3 ? .high : .low), .response("b")])
      }
      try await scene.admit(7, to: [.commitment("archive", priority: .high)])
      // In flight there.
      let first = try await scene.claim(limit: 3, at: 1).claims
      try expect(first.map(\.instance.number), [4, 5, 6])
      try await expect(scene.claimed("b", limit: 1, at: 1), [1])
      // Waiting for its time, failed, and sent there.
      try await scene.record(first[0], .retry(notBefore: .at(900), reason: "busy", counted: true), at: 2)
      try await scene.record(first[1], .failed(reason: "refused"), status: 0xA900, at: 2)
      try await scene.record(first[2], .stored(discardedElements: false), status: 0, at: 2)
      try await expect(scene.claimed("b", limit: 1, at: 2), [2])
      // Held there, and behind another content of the same SOP Instance UID.
      _ = try await scene.ledger.change(
        DeliveryFilter(destinations: ["archive"], instance: .number(3)), .hold, by: BulkOrder(actor: "admin"),
        now: .at(3))
      try await scene.admit(8, sop: 1, content: 80, to: [.commitment("archive"), .response("c")])
      try await expect(scene.claim("b", limit: 2, at: 3).claims.map(\.instance.number), [3, 4])
      try await expect(scene.claimed("c", at: 3), [8])
      // Asked for there.
      try await scene.ask(1, at: 10)
      let last = try await scene.claim("b", at: 11)
      try expect(last.claims.map(\.instance.number), [5, 6])
      try expect(last.nextDue, nil, "what waits for a time is the other's")
      try await expect(scene.claim(at: 11).nextDue, .at(900))
    },
    LedgerCase("what was refused and what was never offered take turns") { scene in
      for number in 1...8 { try await scene.admit(number) }
      for claim in try await scene.claim(limit: 4, at: 1).claims {
        try await scene.record(claim, .retry(notBefore: .at(10), reason: "full", counted: false), at: 1)
      }
      try await expect(scene.claimed(limit: 4, at: 10), [1, 2, 5, 6])
      try await expect(scene.claimed(limit: 1, at: 10), [7])
      try await expect(scene.claimed(limit: 3, at: 10), [3, 4, 8])
    },
  ]
}
