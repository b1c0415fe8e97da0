import DICOM
package import EscrowCore
import GRDB

/// The queries that find what is due to be asked for by query at a destination, by indexes that hold nothing else.
enum DueQueries {
  private static let asked = "destination = ?1 AND proof = 'query' AND hold_by IS NULL"
  private static let fresh =
    "delivery INDEXED BY delivery_unqueried WHERE \(asked) AND state = 'sent' AND not_before IS NULL"
  private static let again = """
    delivery INDEXED BY delivery_queried
    WHERE \(asked) AND state IN ('sent', 'delivered') AND not_before IS NOT NULL
    """

  /// ?2 now, ?3 limit, ?4 the wait after sending, ?5 the longest wait: what was set before the clock was put back is
  /// due as well.
  static let due: String = {
    let parts = [
      part("sent_at + ?4", "sent_at", fresh, "sent_at <= ?2 - ?4"), part("?2", "sent_at", fresh, "sent_at > ?2 + ?4"),
      part("not_before", "not_before", again, "not_before <= ?2"),
      part("?2", "not_before", again, "not_before > ?2 + ?5"),
    ]
    return """
      SELECT d.id, d.attempts, i.sop_class, i.sop_instance, i.study, i.series, d.terms
      FROM (\(parts.joined(separator: " UNION ALL "))) CROSS JOIN delivery d ON d.id = asked
        CROSS JOIN instance i ON i.id = d.instance
      ORDER BY due, since, asked LIMIT ?3
      """
  }()

  private static func part(_ due: String, _ since: String, _ source: String, _ condition: String) -> String {
    """
    SELECT * FROM (SELECT id AS asked, \(due) AS due, \(since) AS since FROM \(source) AND \(condition)
      ORDER BY \(since), id LIMIT ?3)
    """
  }

  /// When the first becomes due of those never asked for: ?1 destination, ?2 now, ?3 the wait after sending.
  static let nextFresh = "SELECT min(sent_at) FROM \(fresh) AND sent_at > ?2 - ?3 AND sent_at <= ?2 + ?3"
  /// When the first of the others becomes due: ?1 destination, ?2 now, ?3 the longest wait.
  static let nextAgain = "SELECT min(not_before) FROM \(again) AND not_before > ?2 AND not_before <= ?2 + ?3"

  static func read(_ columns: inout Columns) throws -> DueQuery {
    DueQuery(
      key: ClaimKey(delivery: try columns.raw(), attempt: columns.next()), sop: try columns.sop(),
      studyInstanceUID: try columns.optionalRaw(), seriesInstanceUID: try columns.optionalRaw(),
      terms: try columns.terms())
  }
}

extension SQLiteLedger {
  package func queriesDue(
    at destination: PeerName, policy: QueryPolicy, limit: Int, now: Timestamp
  ) async throws -> QueryTurn {
    try await pool.read { db in
      let (name, after) = (destination.rawValue, policy.after.microseconds)
      let longest = policy.longest.microseconds
      let due = try db.rows(
        DueQueries.due, name, now.microseconds, limit, after, longest, read: DueQueries.read)
      let fresh = try db.number(DueQueries.nextFresh, name, now.microseconds, after).map { $0 + after }
      let again = try db.number(DueQueries.nextAgain, name, now.microseconds, longest)
      let next = [fresh, again].compactMap { $0 }.min()
      return QueryTurn(due: due, next: next.map(Timestamp.init(microseconds:)))
    }
  }
}
