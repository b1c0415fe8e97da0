import EscrowCore
import EscrowTesting
import Foundation
import GRDB
import Testing

@testable import LedgerSQLite

@Suite struct SQLiteLedgerTests {
  private let event = EscrowEvent(.ping, at: Timestamp(microseconds: 1))

  @Test func commitsAreFlushedAfterOpening() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      try await ledger.pool.writeWithoutTransaction { db in
        let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
        #expect(synchronous == 2)
      }
    }
  }

  @Test func aSecondOpeningIsRefused() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      #expect(throws: LedgerError.locked(path: temporary.path + "-lock")) { _ = try temporary.open() }
      try await ledger.close()
    }
  }

  @Test func aNewerSchemaIsRefused() async throws {
    try await TemporaryLedger.run { temporary in
      var newer = Schema.migrator
      newer.registerMigration("9 later") { _ in }
      try await SQLiteLedger(path: temporary.path, migrator: newer, logPages: 1, fault: { _ in }).close()
      #expect(throws: LedgerError.newerSchema(path: temporary.path, migrations: ["9 later"])) {
        _ = try temporary.open()
      }
    }
  }

  @Test func anotherSpoolIsRefused() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      let (own, other) = (UUID(), UUID())
      try await ledger.bind(spool: own)
      try await ledger.bind(spool: own)
      await #expect(throws: LedgerError.foreignSpool(expected: own.uuidString, found: other.uuidString)) {
        try await ledger.bind(spool: other)
      }
    }
  }

  @Test func aFailedSyncEndsEverything() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open { _ in throw DatabaseError(resultCode: .SQLITE_IOERR_FSYNC) }
      for _ in 1...2 {
        await #expect {
          try await ledger.tell(event)
        } throws: { error in
          error.isFailedSync
        }
      }
    }
  }

  @Test func anotherFaultFailsOnlyItsBatch() async throws {
    try await TemporaryLedger.run { temporary in
      let once = Once()
      let ledger = try temporary.open { _ in if once.happens() { throw DatabaseError(resultCode: .SQLITE_FULL) } }
      await #expect(throws: LedgerError.self) { try await ledger.tell(event) }
      try await ledger.tell(event)
      #expect(try await ledger.events(after: 0, limit: 10).count == 1)
    }
  }

  @Test func theStateSurvivesCloseAndReopen() async throws {
    try await TemporaryLedger.run { temporary in
      let first = try temporary.open()
      try await first.tell(event)
      try await first.close()
      await #expect(throws: LedgerError.closed) { try await first.tell(event) }
      let second = try temporary.open()
      #expect(second.id == first.id)
      #expect(try await second.events(after: 0, limit: 10).map(\.event) == [event])
    }
  }
}

/// Something that happens once; only the writer's thread asks.
private final class Once: Sendable {
  private let lock = NSLock()
  private nonisolated(unsafe) var isOver = false

  /// True the first time. `isOver` is only touched while the lock is held.
  func happens() -> Bool {
    lock.withLock {
      defer { isOver = true }
      return !isOver
    }
  }
}
