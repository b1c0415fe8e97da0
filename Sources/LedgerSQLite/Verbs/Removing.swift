package import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func remove(
    _ instances: [InstanceID], provedBy transaction: UID?, actor: String, now: Timestamp
  ) async throws -> [InstanceID: String] {
    // Before the first is let go of, all are looked at, where that keeps nobody waiting.
    if instances.count > Self.removedAtOnce {
      let obstacles = try await pool.read { db in
        try db.removals(of: instances, provedBy: transaction, actor: actor, now: now).obstacles
      }
      guard obstacles.isEmpty else { return obstacles }
    }
    for start in stride(from: 0, to: instances.count, by: Self.removedAtOnce) {
      let part = instances[start..<min(start + Self.removedAtOnce, instances.count)]
      let obstacles = try await writer.perform { writing in
        let removals = try writing.db.removals(of: part, provedBy: transaction, actor: actor, now: now)
        if removals.obstacles.isEmpty { for removed in removals.removed { try writing.save(removed) } }
        return removals.obstacles
      }
      guard obstacles.isEmpty else { return obstacles }
    }
    return [:]
  }

  /// Instances that are let go of in one transaction: more would keep what is being received waiting.
  private static let removedAtOnce = 200
}

enum RemovalStatement {
  /// What a peer asked about the SOP Instance UID ?1 and is not decided.
  static let undecided = """
    SELECT 1 FROM inquired q CROSS JOIN job j ON j.number = q.job WHERE q.sop_instance = ?1
      AND q.reason IS NULL AND j.state NOT IN ('Success', 'Failure')
    """

  /// What a job is to send of the instance with the UUID ?1 and has not queued yet.
  static let wanted = """
    SELECT 1 FROM stored s INDEXED BY stored_instance CROSS JOIN job j ON j.number = s.job
    WHERE s.instance = (SELECT id FROM instance WHERE uuid = ?1) AND s.delivery IS NULL AND s.is_done IS NULL
      AND j.state NOT IN ('Success', 'Failure')
    """

  /// Whether the report of the API's transaction ?1, opened at ?4 or later, says that ?2, of class ?3, is committed;
  /// not if it, or one that asked again for it, came to ourselves.
  static let proved = """
    SELECT 1 FROM commitment c JOIN item t ON t.commitment = c.number
    WHERE c.uid = ?1 AND c.manual = 1 AND t.sop_instance = ?2 AND t.sop_class = ?3 AND t.committed = 1
      AND c.opened_at >= ?4
      AND NOT EXISTS (SELECT 1 FROM commitment a INDEXED BY commitment_asked CROSS JOIN inquiry q INDEXED BY inquiry_uid
        ON q.uid = a.uid WHERE a.root = c.number)
      AND NOT EXISTS (SELECT 1 FROM inquiry q INDEXED BY inquiry_uid WHERE q.uid = c.uid)
    """
}

extension Database {
  /// Instances as they are once they are let go of, and what stands against it.
  fileprivate func removals(
    of instances: some Sequence<InstanceID>, provedBy transaction: UID?, actor: String, now: Timestamp
  ) throws -> (removed: [LoadedConsignment], obstacles: [InstanceID: String]) {
    var obstacles: [InstanceID: String] = [:]
    var removed: [LoadedConsignment] = []
    for id in instances {
      guard var loaded = try consignment(id) else { continue }
      let sop = loaded.current.instance.sop
      obstacles[id] = loaded.current.remove(
        isProved: try isProved(loaded.current.instance, in: transaction),
        isAsked: try exists(RemovalStatement.undecided, sop.instanceUID.rawValue),
        isWanted: try exists(RemovalStatement.wanted, id.rawValue), actor: actor, now: now)
      removed.append(loaded)
    }
    return (removed, obstacles)
  }

  private func isProved(_ instance: Instance, in transaction: UID?) throws -> Bool {
    guard let transaction else { return false }
    return try exists(
      RemovalStatement.proved, transaction.rawValue, instance.sop.instanceUID.rawValue, instance.sop.classUID.rawValue,
      instance.receivedAt.microseconds)
  }
}
