package import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func remove(
    _ instances: [InstanceID], provedBy transaction: UID?, actor: String, now: Timestamp
  ) async throws -> [InstanceID: String] {
    try await writer.perform(alone: instances.count > 100) { writing in
      var obstacles: [InstanceID: String] = [:]
      var removed: [LoadedConsignment] = []
      for id in instances {
        guard var loaded = try writing.db.consignment(id) else { continue }
        let obstacle = loaded.current.remove(
          isProved: try writing.isProved(loaded.current.instance, in: transaction),
          isAsked: try writing.db.exists(RemovalStatement.undecided, loaded.current.instance.sop.instanceUID.rawValue),
          isWanted: try writing.db.exists(RemovalStatement.wanted, id.rawValue), actor: actor, now: now)
        obstacles[id] = obstacle
        removed.append(loaded)
      }
      if obstacles.isEmpty { for loaded in removed { try writing.save(loaded) } }
      return obstacles
    }
  }
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

extension WriteTransaction {
  fileprivate func isProved(_ instance: Instance, in transaction: UID?) throws -> Bool {
    guard let transaction else { return false }
    return try db.exists(
      RemovalStatement.proved, transaction.rawValue, instance.sop.instanceUID.rawValue, instance.sop.classUID.rawValue,
      instance.receivedAt.microseconds)
  }
}
