import DICOM
import EscrowCore
import GRDB
import Testing

@testable import EscrowTesting
@testable import LedgerSQLite

/// What a change writes to a row: all that differs, and nothing else.
@Suite struct RowChangeTests {
  /// What is never different in the same row.
  private static let constant: Set<String> = [
    "id", "instance", "destination", "origin", "sop", "transferSyntax", "attributes", "source", "receivedAt",
    "dataSetLength", "digest", "recovered",
  ]
  /// No part of the row.
  private static let elsewhere: Set<String> = ["legalHold"]

  /// The names of the properties in which two values of a type do not differ, though they might.
  private static func same<Value>(_ one: Value, _ other: Value) -> Set<String> {
    let pairs = zip(Mirror(reflecting: one).children, Mirror(reflecting: other).children)
    let same = pairs.filter { "\($0.value)" == "\($1.value)" }.compactMap(\.0.label)
    return Set(same).subtracting(constant).subtracting(elsewhere)
  }

  @Test func everyPropertyOfADeliveryIsWritten() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      try await Scene(ledger: ledger).admit(1)
      try await ledger.pool.write { db in
        let row = try #require(try Int64.fetchOne(db, sql: "SELECT id FROM instance"))
        let before = try #require(try db.deliveries(of: row).first)
        var after = before
        after.priority = .high
        after.state = .sent
        after.proof = .query
        after.routes = ["one", "two"]
        after.attempts += 1
        after.doubtfulFailures += 2
        after.asks += 3
        after.resends += 4
        after.reason = "because"
        after.lastError = "it did not"
        after.notBefore = .at(5)
        after.hold = Hold(by: "admin", reason: "wait", at: .at(6))
        after.transactionUID = "2.25.7"
        after.sentAt = .at(8)
        after.cancelRequested = true
        after.behind = before.id
        after.acceptDiscarded = true
        after.overwrites = true
        after.discardedElements = true
        after.firstAskedAt = .at(9)
        after.failedAsks += 10
        after.provedBy = 11
        after.failedBy = 12
        after.contradicted = true
        after.terms.maxRate = 13
        after.terms.alternative = .init("elsewhere")
        after.turn += 14
        after.replaces = before.id
        after.mayBeThere.toggle()
        after.staleAt = .at(15)
        #expect(Self.same(before, after) == [], "what this test forgets to change")
        try DeliveryRow.update(after, over: before, in: db)
        #expect(try db.deliveries(of: row) == [after])
        try DeliveryRow.update(before, over: after, in: db)
        #expect(try db.deliveries(of: row) == [before])
      }
    }
  }

  @Test func everyPropertyOfAnInstanceIsWritten() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      try await Scene(ledger: ledger).admit(1)
      try await ledger.pool.write { db in
        let row = try #require(try Int64.fetchOne(db, sql: "SELECT id FROM instance"))
        let before = try #require(try db.consignment(row: row)).current
        var after = before
        after.instance.file = .number(2)
        after.instance.state = .settled
        after.instance.reason = "because"
        after.instance.retention = .after(.seconds(987))
        after.instance.settledAt = .at(1)
        after.instance.conflicted = true
        after.instance.pin = "kept"
        after.instance.promise = "promised"
        after.instance.alsoFrom = ["mr", "us"]
        after.instance.discarding = true
        after.instance.goneAt = .at(2)
        #expect(Self.same(before.instance, after.instance) == [], "what this test forgets to change")
        try InstanceRow.update(row, to: after, over: before, in: db)
        #expect(try db.consignment(row: row)?.current == after)
        try InstanceRow.update(row, to: before, over: after, in: db)
        #expect(try db.consignment(row: row)?.current == before)
      }
    }
  }

  /// A claim ends with the sending, whatever else changes.
  @Test func aDeliveryThatIsNotBeingSentHasNoClaim() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      try await Scene(ledger: ledger).admit(1)
      let claims = try await ledger.claim("archive", limit: 1, lease: MonotonicTime(nanoseconds: 9), now: .at(1)).claims
      #expect(claims.count == 1)
      let claim = "SELECT count(lease) + count(incarnation) + count(claimed_at) FROM delivery"
      try await ledger.pool.write { db in
        let row = try #require(try Int64.fetchOne(db, sql: "SELECT id FROM instance"))
        let before = try #require(try db.deliveries(of: row).first)
        var after = before
        after.cancelRequested = true
        try DeliveryRow.update(after, over: before, in: db)
        #expect(try Int.fetchOne(db, sql: claim) == 3)
        var ended = after
        ended.state = .delivered
        try DeliveryRow.update(ended, over: after, in: db)
        #expect(try Int.fetchOne(db, sql: claim) == 0)
      }
    }
  }

  @Test func whatDoesNotDifferIsNotWritten() throws {
    let before = (a: 1, b: "one", c: Int?.none)
    try DatabaseQueue().write { db in
      try db.execute(
        sql: """
          CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT, c INTEGER);
          CREATE TABLE written (column TEXT);
          INSERT INTO t VALUES (1, 1, 'one', NULL), (2, 1, 'one', NULL);
          CREATE TRIGGER a AFTER UPDATE OF a ON t BEGIN INSERT INTO written VALUES ('a'); END;
          CREATE TRIGGER b AFTER UPDATE OF b ON t BEGIN INSERT INTO written VALUES ('b'); END;
          CREATE TRIGGER c AFTER UPDATE OF c ON t BEGIN INSERT INTO written VALUES ('c'); END;
          """)
      func write(_ after: (a: Int, b: String, c: Int?)) throws -> [String] {
        try db.execute(sql: "DELETE FROM written")
        var changes = ColumnChanges()
        changes.note("a", before.a, after.a)
        changes.note("b", before.b, after.b)
        changes.note("c", before.c, after.c)
        try changes.apply(to: "t", row: 1, in: db)
        return try String.fetchAll(db, sql: "SELECT column FROM written ORDER BY column")
      }
      #expect(try write((1, "one", nil)) == [])
      #expect(try write((2, "one", nil)) == ["a"])
      #expect(try write((1, "two", 3)) == ["b", "c"])
      let rows = try String.fetchAll(db, sql: "SELECT a || ' ' || b || ' ' || coalesce(c, 'null') FROM t ORDER BY id")
      #expect(rows == ["2 two 3", "1 one null"])
    }
  }
}
