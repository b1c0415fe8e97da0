import DICOM
import EscrowCore

extension LedgerConformance {
  /// What the API asks for by itself, and what that lets go.
  static let removals: [LedgerCase] = [
    LedgerCase("what a report on the API's own transaction proves may go") { scene in
      try await scene.admit(1, to: [])
      try await scene.askManually(1, about: [1], at: 10)
      try await expect(scene.remove([1], provedBy: 1, at: 11), ["no destination has committed to it"])
      try await scene.report(1, committed: [1], at: 20)
      try await expect(scene.remove([1], provedBy: 1, at: 21), [])
      try await expect(scene.instance(1).state, .purging)
    },
    LedgerCase("all of them may go or none does") { scene in
      for number in 1...2 { try await scene.admit(number, to: []) }
      try await scene.askManually(1, about: [1], at: 10)
      try await scene.report(1, committed: [1], at: 20)
      try await expect(scene.remove([1, 2], provedBy: 1, at: 21).count, 1)
      try await expect(scene.instance(1).state, .held)
    },
    LedgerCase("a report on an earlier copy proves nothing") { scene in
      try await scene.askManually(1, about: [1], at: 10)
      try await scene.report(1, committed: [1], at: 20)
      try await scene.admit(1, to: [], at: 30)
      try await expect(scene.remove([1], provedBy: 1, at: 31), ["no destination has committed to it"])
    },
    LedgerCase("our own word proves nothing") { scene in
      try await scene.admit(1, to: [])
      try await scene.askManually(1, about: [1], at: 10)
      try await scene.inquire(
        1, about: [1], basis: .own, seesAll: true, from: "ESCROW", in: 1, peer: "self", at: 11)
      _ = try await scene.told(1, at: 12)
      try await scene.reported(1, at: 13)
      try await scene.report(1, committed: [1], at: 13)
      try await expect(scene.remove([1], provedBy: 1, at: 21), ["no destination has committed to it"])
    },
    LedgerCase("our own word proves nothing when we were asked again only") { scene in
      try await scene.admit(1, to: [])
      try await scene.askManually(1, about: [1], at: 10)
      let again = try await scene.ledger.nextManualRequest(
        .transaction(2), to: "archive", policy: Scene.policy, givingUp: .at(-1000), now: .at(100_000))
      try expect(again.numbers, [1])
      try await scene.inquire(
        2, about: [1], basis: .own, seesAll: true, from: "ESCROW", in: 2, peer: "self", at: 100_001)
      _ = try await scene.told(2, at: 100_002)
      try await scene.reported(2, at: 100_003)
      try await scene.report(2, committed: [1], at: 100_004)
      try await expect(scene.remove([1], provedBy: 1, at: 100_005), ["no destination has committed to it"])
    },
    LedgerCase("what a peer waits to be told about does not go") { scene in
      try await scene.admit(1, to: [])
      try await scene.askManually(1, about: [1], at: 10)
      try await scene.report(1, committed: [1], at: 20)
      try await scene.inquire(2, about: [1], at: 21)
      try await expect(
        scene.remove([1], provedBy: 1, at: 22), ["a peer's request for its commitment is not decided"])
    },
  ]

  /// Jobs of the API that send.
  static let stores: [LedgerCase] = [
    LedgerCase("a store sends, and asks for commitment when all is sent") { scene in
      for number in 1...2 { try await scene.admit(number, to: []) }
      try await scene.submit(1, instances: [1, 2], asking: 7, at: 5)
      try await scene.advance(store: 1, at: 6)
      try await scene.send(at: 7)
      try await expect(scene.advance(store: 1, at: 8)?.asks, true)
      try await expect(scene.job(1).state, .success)
      try await expect(scene.transaction(7).references, 2)
    },
    LedgerCase("the transaction of a store of nothing is there, and over") { scene in
      try await scene.submit(1, instances: [], asking: 7, at: 5)
      try await scene.advance(store: 1, at: 6)
      try await expect(scene.job(1).state, .success)
      try await expect(scene.transaction(7).state, .answered)
    },
    LedgerCase("what a store is to send does not go") { scene in
      try await scene.admit(1, to: [])
      try await scene.askManually(1, about: [1], at: 10)
      try await scene.report(1, committed: [1], at: 20)
      try await scene.submit(1, instances: [1], at: 21)
      try await expect(
        scene.remove([1], provedBy: 1, at: 22), ["a job that is to send it has not ended"])
      try await scene.advance(store: 1, at: 23)
      try await expect(scene.remove([1], provedBy: 1, at: 24), ["the delivery to archive is queued"])
      try await scene.send(at: 25)
      try await scene.advance(store: 1, at: 26)
      try await expect(scene.remove([1], provedBy: 1, at: 27), [])
    },
    LedgerCase("a cancelled store takes its deliveries along, and again sends what it did not") { scene in
      for number in 1...2 { try await scene.admit(number, to: []) }
      try await scene.submit(1, instances: [1, 2], at: 5)
      try await scene.advance(store: 1, at: 6)
      try await scene.change(.cancel, job: 1, at: 7)
      try await expect(scene.claimed(at: 8), [])
      try await scene.change(.resubmit, job: 1, at: 9)
      try await scene.advance(store: 1, at: 10)
      try await expect(scene.claimed(at: 11), [1, 2])
    },
  ]
}

extension Scene {
  /// Opens the API's transaction `number`, and asks at once.
  func askManually(
    _ number: Int, _ destination: PeerName = "archive", about instances: [Int], at seconds: Int
  ) async throws {
    try await ledger.openTransaction(
      .transaction(number), to: destination, references: instances.map(SOPInstance.number), asking: Scene.policy,
      actor: "api", now: .at(seconds))
  }

  /// What stands against it, sorted.
  func remove(_ instances: [Int], provedBy transaction: Int, at seconds: Int) async throws -> [String] {
    try await ledger.remove(
      instances.map(InstanceID.number), provedBy: .transaction(transaction), actor: "api", now: .at(seconds)
    ).values.sorted()
  }

  /// The API wants instances sent to the archive, in job `number`, and then asked for in transaction `asking`.
  func submit(_ number: Int, instances: [Int], asking transaction: Int? = nil, at seconds: Int) async throws {
    let store = ModalityStore(
      job: .number(number), peer: "archive", instances: instances.map(InstanceID.number), resources: [], priority: 0,
      isPermissive: false, transactionUID: transaction.map(UID.transaction))
    try await ledger.submit(store, now: .at(seconds))
  }

  @discardableResult
  func advance(store number: Int, at seconds: Int) async throws -> StoreProgress? {
    try await ledger.advanceStore(.number(number), limit: 100, now: .at(seconds))
  }
}
