import EscrowCore
import EscrowTesting
import Foundation
import GRDB
import NIOConcurrencyHelpers
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

  /// A log that begins anew must have its header flushed first, or a power cut brings back old frames over newer pages.
  @Test func openingNeverTurnsFlushingOff() async throws {
    try await TemporaryLedger.run { temporary in
      let statements = NIOLockedValueBox<[String]>([])
      var configuration = Durability.configuration
      configuration.prepareDatabase { db in
        db.trace { event in statements.withLockedValue { $0.append("\(event)") } }
      }
      let pool = try DatabasePool(path: temporary.path, configuration: configuration)
      try Schema.migrator.migrate(pool)
      try Durability.establish(in: pool, logPages: 2)
      let levels = statements.withLockedValue { $0 }.flatMap {
        $0.matches(of: /synchronous ?= ?(\w+)/).map { String($0.1) }
      }
      #expect(levels.isEmpty == false)
      #expect(Set(levels).isSubset(of: ["NORMAL", "1", "FULL", "2"]))
    }
  }

  /// When the log is moved is the router's decision, from the first commit of a connection on.
  @Test func noConnectionMovesTheLogByItself() async throws {
    try await TemporaryLedger.run { temporary in
      let pool = try DatabasePool(path: temporary.path, configuration: Durability.configuration)
      let writing = try await pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA wal_autocheckpoint") }
      let reading = try await pool.read { try Int.fetchOne($0, sql: "PRAGMA wal_autocheckpoint") }
      #expect(writing == 0)
      #expect(reading == 0)
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
