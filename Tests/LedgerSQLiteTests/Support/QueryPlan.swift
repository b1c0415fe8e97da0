import GRDB
import GRDBSQLite

@testable import LedgerSQLite

/// How SQLite would run a statement.
enum QueryPlan {
  /// Partial indexes that hold most rows of their table all the same.
  private static let wide: Set = [
    "instance_study", "instance_series", "instance_patient", "instance_file", "instance_gone", "item_delivery",
    "event_instance", "job_listed",
  ]
  /// What is told as if all were looked at, and is a look at one end of a table.
  private static let ends = ["SELECT max(sequence) FROM event", "SELECT id FROM wave ORDER BY id DESC LIMIT 1"]
  /// Tables with a row for each peer, endpoint, alarm or state.
  private static let small: Set = [
    "meta", "alarm", "endpoint", "subscription", "modality", "delivery_count", "instance_count", "legal_hold",
    "unlisted",
    "source",
  ]

  /// Of all that a ledger has prepared since it was opened, the steps that read all of a table or of a wide index.
  static func scans(in ledger: SQLiteLedger) async throws -> [String] {
    let written = try await ledger.pool.writeWithoutTransaction { prepared(in: $0) }
    return try await ledger.pool.read { db in
      try written.union(prepared(in: db)).sorted().filter { sql in !ends.contains { sql.contains($0) } }
        .flatMap { sql in try scans(of: sql, in: db).map { "\($0): \(sql)" } }
    }
  }

  /// What the connection keeps prepared that reads or writes rows.
  private static func prepared(in db: Database) -> Set<String> {
    var found: Set<String> = []
    var statement = sqlite3_next_stmt(db.sqliteConnection, nil)
    while let current = statement {
      if let sql = sqlite3_sql(current).map({ String(cString: $0) }), isOfRows(sql) { found.insert(sql) }
      statement = sqlite3_next_stmt(db.sqliteConnection, current)
    }
    return found
  }

  private static func isOfRows(_ sql: String) -> Bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains { sql.hasPrefix($0) }
  }

  /// The steps of a plan that read all of a table, or of an index that holds most of it.
  static func scans(of sql: String, in db: Database) throws -> [String] {
    let partial = try String.fetchSet(
      db, sql: "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'")
    let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
    statement.setUncheckedArguments(StatementArguments())
    let steps: [String] = try Row.fetchAll(statement).map { $0["detail"] }
    return steps.filter { step in
      let words = step.split(separator: " ").map(String.init)
      // `min` without an index is told as a search, but of nothing.
      guard words.count > 1, !words[1].hasPrefix("("), words[1] != "CONSTANT", !small.contains(words[1]) else {
        return false
      }
      guard words.first == "SCAN" else {
        // From one key to another, but not page by page.
        let isRange = words.contains(where: wide.contains) && !step.contains("=?") && !sql.contains("LIMIT")
        let isOfAll = !words.contains("USING") || isRange
        return words.first == "SEARCH" && isOfAll
      }
      return words.last.map { !partial.subtracting(wide).contains($0) } ?? true
    }
  }
}
