import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func beginPurge(limit: Int, now: Timestamp) async throws -> [PurgeTicket] {
    try await writer.perform { transaction in
      for row in try transaction.db.rows(PurgeStatement.stale, now.microseconds, limit, read: { $0.next() as Int64 }) {
        guard var loaded = try transaction.db.consignment(row: row), loaded.current.doubtStaleFinds(now: now) else {
          continue
        }
        try transaction.save(loaded)
      }
      let begun = try transaction.db.rows(PurgeStatement.begun, limit, read: PurgeStatement.readTicket)
      let new = try transaction.db.rows(
        PurgeStatement.begin, now.microseconds, limit, read: PurgeStatement.readTicket)
      return begun + new.sorted { $0.instance < $1.instance }
    }
  }

  package func finishPurge(_ instances: [InstanceID], now: Timestamp) async throws {
    try await change(instances) { $0.purged(now: now) }
  }

  package func markDamaged(
    _ instance: InstanceID, file: InstanceID, reason: String, now: Timestamp
  ) async throws {
    try await change([instance]) { $0.instance.file == file && $0.damage(reason: reason, now: now) }
  }

  package func recordMissingFile(_ instance: InstanceID, reason: String, now: Timestamp) async throws {
    try await change([instance]) { $0.loseFile(reason: reason, now: now) }
  }

  package func recover(now: Timestamp) async throws -> [PurgeTicket] {
    try await writer.perform { transaction in
      let incarnation = try Identity.beginIncarnation(in: transaction.db)
      let ended = try transaction.db.rows(ExpiredClaim.ofOthers, incarnation, read: ExpiredClaim.read)
      for claim in ended { try transaction.expire(claim, now: now) }
      return try transaction.db.rows(PurgeStatement.begun, Int64.max, read: PurgeStatement.readTicket)
    }
  }

  /// Changes instances one by one, some hundreds in one transaction.
  private func change(
    _ instances: [InstanceID], _ body: @escaping @Sendable (inout Consignment) -> Bool
  ) async throws {
    for start in stride(from: 0, to: instances.count, by: 500) {
      let chunk = Array(instances[start..<min(start + 500, instances.count)])
      try await writer.perform { transaction in
        for id in chunk {
          guard var loaded = try transaction.db.consignment(id), body(&loaded.current) else { continue }
          try transaction.save(loaded)
        }
      }
    }
  }
}

/// The purge guard as SQL.
enum PurgeStatement {
  /// The instances whose moment came: ?1 now, ?2 limit. Only a hint; the guard is in ``begin``.
  static let candidates = """
    SELECT id FROM instance INDEXED BY instance_purge
    WHERE state = 'settled' AND purge_at IS NOT NULL AND pin IS NULL AND legal_hold = 0 AND purge_at <= ?1
      AND promise IS NULL AND NOT EXISTS (\(undecided)) AND NOT EXISTS (\(wanted))
    ORDER BY purge_at, id LIMIT ?2
    """

  /// What a peer asked about an instance and is not decided.
  private static let undecided = """
    SELECT 1 FROM inquired q CROSS JOIN job j ON j.number = q.job WHERE q.sop_instance = instance.sop_instance
      AND q.reason IS NULL AND j.state NOT IN ('Success', 'Failure')
    """

  /// What a job is to send and has not queued yet.
  private static let wanted = """
    SELECT 1 FROM stored s CROSS JOIN job j ON j.number = s.job WHERE s.instance = instance.id
      AND s.delivery IS NULL AND s.is_done IS NULL AND j.state NOT IN ('Success', 'Failure')
    """

  /// Moves candidates to `purging` if every condition of ``PurgeGuard`` and ``Standing/isSafe`` holds on what is on
  /// record now.
  static let begin = """
    UPDATE instance SET state = '\(InstanceLifecycle.target(of: .purgeGuardHeld).rawValue)' WHERE id IN (\(candidates))
      AND state IN (\(Schema.list(InstanceLifecycle.sources(of: .purgeGuardHeld))))
      AND pin IS NULL AND promise IS NULL AND legal_hold = 0
      AND NOT EXISTS (\(undecided)) AND NOT EXISTS (\(wanted))
      AND NOT EXISTS (SELECT 1 FROM alarm WHERE kind = '\(AlarmKind.clockJumped.rawValue)')
      AND (conflicted = 0 OR NOT EXISTS (SELECT 1 FROM delivery d WHERE d.instance = instance.id AND d.origin = 'route'
        AND d.state = 'delivered' AND d.overwrites = 0))
      AND retention IS NOT NULL AND settled_at + retention <= ?1
      AND EXISTS (SELECT 1 FROM delivery d WHERE d.instance = instance.id AND d.origin = 'route'
        AND d.state = 'delivered' AND (d.discarded_elements = 0 OR d.accept_discarded = 1) AND d.altered = 0)
      AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.instance = instance.id AND d.origin = 'route'
        AND d.state NOT IN (\(Schema.list(Standing.proven))))
      AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.instance = instance.id AND d.origin = 'api'
        AND d.state NOT IN (\(Schema.list(DeliveryLifecycle.terminal.sorted { $0.rawValue < $1.rawValue }))))
      AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.instance = instance.id AND d.origin = 'route'
        AND d.state = 'delivered' AND d.proof = 'query' AND (d.not_before IS NOT NULL OR d.stale_at <= ?1))
    RETURNING uuid, file
    """

  /// Candidates that were found by query too long ago: ?1 now, ?2 limit.
  static let stale = """
    SELECT DISTINCT d.instance FROM delivery d WHERE d.instance IN (\(candidates)) AND d.origin = 'route'
      AND d.state = 'delivered' AND d.proof = 'query' AND d.not_before IS NULL AND d.stale_at <= ?1
      AND NOT EXISTS (SELECT 1 FROM alarm WHERE kind = '\(AlarmKind.clockJumped.rawValue)')
    ORDER BY d.instance
    """

  /// Up to ?1 whose purge was begun and is not finished.
  static let begun = """
    SELECT uuid, file FROM instance INDEXED BY instance_state WHERE state = 'purging' ORDER BY id LIMIT ?1
    """

  static func readTicket(_ columns: inout Columns) throws -> PurgeTicket {
    PurgeTicket(instance: try columns.raw(), file: try columns.raw())
  }
}
