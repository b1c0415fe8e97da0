import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func tallies(from start: Timestamp, to end: Timestamp, of peer: PeerName?) async throws -> [SourceTally] {
    try await pool.read { db in
      try db.rows(
        ReconciliationStatement.tallies, start.microseconds, end.microseconds, peer?.rawValue
      ) { columns in
        var tally = SourceTally(callingAE: try columns.raw(), peer: try columns.optionalRaw())
        tally.received = columns.next()
        tally.bytes = columns.next()
        tally.delivered = columns.next()
        tally.committed = columns.next()
        tally.failed = columns.next()
        tally.purged = columns.next()
        tally.discarded = columns.next()
        tally.open = columns.next()
        tally.held = columns.next()
        tally.damaged = columns.next()
        return tally
      }
    }
  }

  package func missing(
    askedFrom start: Timestamp, to end: Timestamp, by peer: PeerName?, limit: Int
  ) async throws -> [MissingInstance] {
    try await pool.read { db in
      try db.rows(
        ReconciliationStatement.missing, start.microseconds, end.microseconds, peer?.rawValue, limit
      ) { columns in
        MissingInstance(
          peer: try columns.raw(), transactionUID: try columns.raw(), askedAt: columns.time(), sop: try columns.sop())
      }
    }
  }
}

/// What came and what was asked about from ?1 until before ?2, of the peer ?3 or of all.
enum ReconciliationStatement {
  static let tallies = """
    SELECT calling_ae, peer, count(*), sum(bytes), sum(stored), sum(committed), sum(failed), sum(state = 'purged'),
      sum(state = 'discarded'), sum(state = 'inTransit'), sum(state = 'held'), sum(state = 'damaged')
    FROM instance INDEXED BY instance_received WHERE received_at >= ?1 AND received_at < ?2 AND (?3 IS NULL OR peer = ?3)
    GROUP BY calling_ae, peer ORDER BY calling_ae, peer
    """

  /// At most ?4.
  static let missing = """
    SELECT j.peer, q.uid, j.created_at, r.sop_class, r.sop_instance
    FROM job j INDEXED BY job_created CROSS JOIN inquiry q ON q.job = j.number CROSS JOIN inquired r ON r.job = j.number
    WHERE j.created_at >= ?1 AND j.created_at < ?2 AND (?3 IS NULL OR j.peer = ?3)
      AND NOT EXISTS (SELECT 1 FROM instance i WHERE i.sop_instance = r.sop_instance)
    ORDER BY j.created_at, j.number, r.position LIMIT ?4
    """
}
