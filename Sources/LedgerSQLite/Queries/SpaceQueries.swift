import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func space(studies limit: Int, examining examined: Int) async throws -> SpaceOverview {
    try await pool.read { db in
      var overview = SpaceOverview()
      overview.largest = try db.rows(SpaceStatement.largest, limit) { try SpaceStatement.study(&$0) }
      overview.longestWaiting = try db.longestWaiting(limit, examining: examined)
      for state in [InstanceState.held, .damaged] {
        let decision: SpaceOverview.Decision = state == .held ? .discardHeld : .discardDamaged
        overview.decisions[decision] = try db.freed(SpaceStatement.inState, [state.rawValue], atMost: nil)
      }
      overview.decisions[.endRetention] = try db.freed(SpaceStatement.retained, [examined], atMost: examined)
      overview.decisions[.confirm] = try db.freed(SpaceStatement.pinned, [examined], atMost: examined)
      let destinations = Set(
        try db.counts().filter { SpaceStatement.waivable.contains($0.state) && $0.count > 0 }.map(\.destination))
      let share = max(examined / max(destinations.count, 1), 1)
      for name in destinations {
        overview.decisions[.waive(name)] = try db.freed(SpaceStatement.waived, [name.rawValue, share], atMost: share)
      }
      return overview
    }
  }
}

extension Database {
  /// What a decision frees: the statement tells instances, bytes and how many were looked at.
  fileprivate func freed(_ sql: String, _ values: [Parameter], atMost limit: Int?) throws -> SpaceOverview.Freed? {
    let found = try rows(sql, arguments: values) { columns in
      let (instances, bytes): (Int, Int64) = (columns.next(), columns.next())
      let seen: Int = columns.next()
      return SpaceOverview.Freed(instances: instances, bytes: bytes, isAtLeast: limit.map { seen >= $0 } ?? false)
    }
    return found.first.flatMap { $0.instances > 0 ? $0 : nil }
  }

  fileprivate func longestWaiting(_ limit: Int, examining examined: Int) throws -> [KeptStudy] {
    var oldest: [UID: Timestamp] = [:]
    for state in [InstanceState.held, .inTransit, .damaged] {
      try rows(SpaceStatement.oldest, state.rawValue, examined) { columns in
        (key: try columns.raw() as UID, at: columns.time())
      }.forEach { oldest[$0.key] = min(oldest[$0.key] ?? $0.at, $0.at) }
    }
    let first = oldest.sorted { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }.prefix(limit)
    return try first.compactMap { key, at in
      var study = try self.first(SpaceStatement.kept, key.rawValue) { try SpaceStatement.study(&$0) }
      study?.waitsSince = at
      return study
    }
  }
}

/// What takes room.
enum SpaceStatement {
  /// States in which a route's delivery keeps the copy.
  static let waivable = DeliveryState.allCases.filter { !Standing.proven.contains($0) }

  private static let columns = "SELECT key, n, bytes FROM study_space"
  static let largest = "\(columns) INDEXED BY study_space_bytes WHERE bytes > 0 ORDER BY bytes DESC, key LIMIT ?"
  static let kept = "\(columns) WHERE key = ?"

  /// The studies of the first ?2 instances in the state ?1.
  static let oldest = """
    SELECT coalesce(i.study, i.sop_instance) key, min(i.received_at)
    FROM instance i WHERE i.id IN (SELECT id FROM instance INDEXED BY instance_state WHERE state = ?1 ORDER BY id LIMIT ?2)
    GROUP BY key
    """

  static let inState = "SELECT n, bytes, n FROM instance_count WHERE state = ?1"

  /// Of the first ?1 settled ones whose retention is all that keeps them.
  static let retained = """
    SELECT count(*), coalesce(sum(bytes), 0), count(*) FROM (
      SELECT bytes FROM instance INDEXED BY instance_purge
      WHERE state = 'settled' AND purge_at IS NOT NULL AND pin IS NULL AND legal_hold = 0 LIMIT ?1)
    """

  static let pinned = """
    SELECT count(*), coalesce(sum(bytes), 0), count(*) FROM (
      SELECT bytes FROM instance INDEXED BY instance_pinned
      WHERE pin IS NOT NULL AND state NOT IN ('purging', 'purged', 'discarded') LIMIT ?1)
    """

  /// Of the first ?2 deliveries to ?1 that are not proved: those whose instance every other destination has proved.
  static let waived = """
    SELECT coalesce(sum(free), 0), coalesce(sum(iif(free, bytes, 0)), 0), count(*) FROM (
      SELECT i.bytes bytes, i.state IN ('inTransit', 'settled') AND i.pin IS NULL AND i.promise IS NULL
        AND i.legal_hold = 0 AND i.conflicted = 0 AND i.retention IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.instance = i.id AND d.id <> o.id AND (d.origin = 'route'
          AND d.state NOT IN (\(Schema.list(Standing.proven))) OR d.origin = 'api'
          AND d.state NOT IN (\(Schema.list(DeliveryLifecycle.terminal.sorted { $0.rawValue < $1.rawValue })))
          OR d.origin = 'route' AND d.state = 'delivered' AND d.proof = 'query' AND d.not_before IS NOT NULL))
        AND EXISTS (SELECT 1 FROM delivery d WHERE d.instance = i.id AND d.origin = 'route' AND d.state = 'delivered'
          AND (d.discarded_elements = 0 OR d.accept_discarded = 1) AND d.altered = 0) free
      FROM delivery o CROSS JOIN instance i ON i.id = o.instance WHERE o.id IN (SELECT id
        FROM delivery INDEXED BY delivery_state WHERE destination = ?1 AND state IN (\(Schema.list(waivable)))
          AND origin = 'route' LIMIT ?2))
    """

  static func study(_ columns: inout Columns) throws -> KeptStudy {
    KeptStudy(key: try columns.raw(), instances: columns.next(), bytes: columns.next())
  }
}
