import EscrowCore
import GRDB
import Testing

@testable import EscrowTesting
@testable import LedgerSQLite

@Suite struct FaultTests {
  @Test func afterAFailedSyncEveryVerbThrows() async throws {
    try await TemporaryLedger.run { temporary in
      let isBroken = Guarded(false)
      let ledger = try temporary.open { _ in
        if isBroken.value { throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
      }
      let scene = Scene(ledger: ledger)
      try await scene.admit(1)
      isBroken.value = true
      await failsForGood { try await scene.admit(2) }
      isBroken.value = false
      await failsForGood { try await scene.admit(3) }
      await failsForGood { _ = try await scene.claim(at: 1) }
      await failsForGood { _ = try await scene.ask(1, at: 1) }
      await failsForGood { _ = try await scene.purge(at: 1) }
      await failsForGood { _ = try await scene.advance(at: 1) }
      await failsForGood { try await scene.subscribe() }
      await failsForGood { try await scene.tell(at: 1) }
      await failsForGood { _ = try await ledger.recover(now: .at(1)) }
      let kept = try await ledger.status().instances
      #expect(kept == [.inTransit: 1])
    }
  }

  @Test(arguments: [
    ResultCode.SQLITE_FULL, .SQLITE_IOERR_WRITE, .SQLITE_IOERR_READ, .SQLITE_IOERR_SHMSIZE, .SQLITE_READONLY,
    .SQLITE_CANTOPEN,
  ])
  func aFailedCommitChangesNothingAndTheNextWorks(code: ResultCode) async throws {
    try await TemporaryLedger.run { temporary in
      let isFull = Guarded(true)
      let ledger = try temporary.open { _ in
        if isFull.value { throw DatabaseError(resultCode: code) }
      }
      let scene = Scene(ledger: ledger)
      let error = await #expect(throws: LedgerError.self) { try await scene.admit(1) }
      guard case .notWritten(_, let isNoSpace) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(isNoSpace == (code == .SQLITE_FULL))
      let status = try await ledger.status()
      let last = try await ledger.lastEvent()
      #expect(status == LedgerStatus())
      #expect(last == 0)
      isFull.value = false
      let result = try await scene.admit(1)
      #expect(result == .admitted(conflicted: false))
    }
  }

  @Test func whatMakesRoomIsAskedAndTheSameBatchTriedOnceMore() async throws {
    try await TemporaryLedger.run { temporary in
      let isFull = Guarded(true)
      let asked = Guarded(0)
      let ledger = try temporary.open { _ in
        if isFull.value { throw DatabaseError(resultCode: .SQLITE_FULL) }
      }
      ledger.whenFull {
        asked.change { $0 + 1 }
        return false
      }
      let scene = Scene(ledger: ledger)
      await #expect(throws: LedgerError.self) { try await scene.admit(1) }
      #expect(asked.value == 1)
      ledger.whenFull {
        isFull.value = false
        return true
      }
      let result = try await scene.admit(1)
      #expect(result == .admitted(conflicted: false))
    }
  }

  @Test func claimsOfADeadProcessAreQueuedAgainAtRecovery() async throws {
    try await TemporaryLedger.run { temporary in
      let first = try temporary.open()
      try await Scene(ledger: first).admit(1)
      let claimed = try await Scene(ledger: first).claimed(at: 1)
      #expect(claimed == [1])
      try await first.close()
      let scene = Scene(ledger: try temporary.open())
      let before = try await scene.claimed(at: 2)
      #expect(before == [])
      _ = try await scene.ledger.recover(now: .at(3))
      let state = try await scene.delivery(1).state
      let attempts = try await scene.attempts(1)
      let after = try await scene.claimed(at: 4)
      #expect(state == .queued)
      #expect(attempts == ["expired"])
      #expect(after == [1])
    }
  }

  @Test func aThrowOfTheCommitUndoesAChangeInMemory() async throws {
    struct Refusal: Error {}
    let isFull = Guarded(false)
    let ledger = MemoryLedger { _ in if isFull.value { throw Refusal() } }
    let scene = Scene(ledger: ledger)
    try await scene.admit(1)
    let before = ledger.snapshot
    isFull.value = true
    await #expect(throws: Refusal.self) { try await scene.admit(2) }
    await #expect(throws: Refusal.self) { _ = try await scene.claim(at: 1) }
    #expect(ledger.snapshot == before)
    isFull.value = false
    let claimed = try await scene.claimed(at: 2)
    #expect(claimed == [1])
  }

  private func failsForGood(_ body: () async throws -> Void) async {
    await #expect {
      try await body()
    } throws: { error in
      error.isFailedSync
    }
  }
}
