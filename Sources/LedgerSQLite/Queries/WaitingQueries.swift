import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func openProofs(at destination: PeerName) async throws -> Set<Proof> {
    try await pool.read { db in
      Set(try db.rows(WaitingStatement.wanted, destination.rawValue) { try $0.raw() })
    }
  }

  package func waiting(for destination: PeerName, limit: Int) async throws -> WaitingStudies {
    try await pool.read { db in
      var waiting = WaitingStudies()
      for state in WaitingStudies.states {
        _ = try db.rows(WaitingStatement.studies, destination.rawValue, state.rawValue, limit) { columns in
          let study: UID = try columns.raw()
          let reason: String? = columns.optional()
          waiting.add(
            columns.next(), of: study, in: state, bytes: columns.next(), oldest: columns.time(), reason: reason)
        }
        let count = try db.number(WaitingStatement.count, destination.rawValue, state.rawValue) ?? 0
        if count > limit { waiting.isComplete = false }
      }
      return waiting
    }
  }
}

/// What waits for a destination.
enum WaitingStatement {
  /// The first ?3 deliveries of the queue of ?1 in the state ?2, by study and reason.
  static let studies = """
    SELECT d.study, iif(d.hold_by IS NULL, d.reason, 'held by ' || d.hold_by || ': ' || d.hold_reason) why, count(*),
      sum(i.bytes), min(i.received_at)
    FROM delivery d CROSS JOIN instance i ON i.id = d.instance WHERE d.id IN (SELECT id
      FROM delivery INDEXED BY delivery_state WHERE destination = ?1 AND state = ?2 ORDER BY id LIMIT ?3)
    GROUP BY d.study, why
    """

  static let count = "SELECT sum(n) FROM delivery_count WHERE destination = ? AND state = ?"

  /// The proofs that routes' deliveries to ?1 that may go elsewhere want.
  static let wanted = """
    SELECT DISTINCT proof FROM delivery_count
    WHERE destination = ?1 AND state IN ('queued', 'failed') AND origin = 'route' AND n > 0
    """
}
