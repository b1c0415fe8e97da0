import EscrowCore
import GRDB
import Testing

@testable import EscrowTesting
@testable import LedgerSQLite

/// Lists in checks and triggers are compared one by one.
@Suite struct ListComparisonTests {
  @Test(arguments: [
    ("CHECK (a IN (0, 1, 2))", "CHECK ((a = 0 OR a = 1 OR a = 2))"),
    ("WHEN NEW.a NOT IN ('x', 'y', 'z') BEGIN", "WHEN (NEW.a <> 'x' AND NEW.a <> 'y' AND NEW.a <> 'z') BEGIN"),
    ("a > 1 AND\nb IN ('x', 'y', 'z')\nOR c", "a > 1 AND\n(b = 'x' OR b = 'y' OR b = 'z')\nOR c"),
    ("a IN (0, 1) AND b IN ('x', 'y', 'z')", "a IN (0, 1) AND (b = 'x' OR b = 'y' OR b = 'z')"),
    ("a IN (SELECT x, y, z FROM t)", "a IN (SELECT x, y, z FROM t)"), ("a NOT IN (0, 1)", "a NOT IN (0, 1)"),
    ("a = 1", "a = 1"),
  ])
  func isWrittenOut(sql: String, expected: String) { #expect(ListComparison.writtenOut(sql) == expected) }

  /// Also those of a version that is added later: it has to write them out.
  @Test func noListIsLeft() async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      let schema = try await ledger.pool.read {
        try String.fetchAll($0, sql: "SELECT sql FROM sqlite_schema WHERE type IN ('table', 'trigger') AND sql <> ''")
      }
      #expect(schema.contains { $0.contains("state = 'inTransit' OR ") })
      for sql in schema { #expect(ListComparison.writtenOut(sql) == sql) }
      try await ledger.close()
    }
  }

  /// What was refused before still is.
  @Test(arguments: [
    ("delivery", "state", "'none'"), ("delivery", "origin", "'none'"), ("delivery", "proof", "'none'"),
    ("delivery", "priority", "3"), ("instance", "state", "'none'"),
  ])
  func checksStillHold(table: String, column: String, value: String) async throws {
    try await TemporaryLedger.run { temporary in
      let ledger = try temporary.open()
      try await Scene(ledger: ledger).admit(1)
      await #expect {
        try await ledger.pool.write { try $0.execute(sql: "UPDATE \(table) SET \(column) = \(value)") }
      } throws: { error in
        (error as? DatabaseError)?.extendedResultCode == .SQLITE_CONSTRAINT_CHECK
      }
      try await ledger.close()
    }
  }
}
