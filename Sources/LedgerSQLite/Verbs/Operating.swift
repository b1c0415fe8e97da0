import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func requeue(
    _ filter: DeliveryFilter, dryRun: Bool, actor: String, reason: String?, now: Timestamp
  ) async throws -> BulkResult {
    var result = BulkResult(matched: 0, changed: 0, skipped: [], destinations: [])
    var last: Int64 = 0
    while true {
      let start = last
      let ids = try await pool.read { try DeliverySearch(filter).ids(after: start, limit: 500, in: $0) }
      guard let end = ids.last else { return result }
      let chunk = try await writer.perform { transaction in
        var chunk = BulkResult(matched: 0, changed: 0, skipped: [], destinations: [])
        for id in ids {
          try transaction.requeue(
            DeliveryID(rawValue: id), dryRun: dryRun, actor: actor, reason: reason, now: now, into: &chunk)
        }
        return chunk
      }
      result.add(chunk)
      last = end
    }
  }

  package func raise(_ alarm: Alarm, event: EscrowEvent?) async throws {
    try await writer.perform { _ = try $0.raise(alarm, event: event) }
  }

  package func clear(_ kind: AlarmKind, subject: String, event: EscrowEvent?) async throws {
    try await writer.perform { try $0.clear(kind, subject: subject, event: event) }
  }

  package func tell(_ event: EscrowEvent) async throws {
    try await writer.perform { try $0.tell(event) }
  }
}

extension WriteTransaction {
  fileprivate func requeue(
    _ id: DeliveryID, dryRun: Bool, actor: String, reason: String?, now: Timestamp, into result: inout BulkResult
  ) throws {
    guard var loaded = try db.consignment(of: id) else { return }
    result.matched += 1
    if let obstacle = loaded.current.requeue(id, actor: actor, reason: reason, now: now) {
      return result.skipped.append(BulkResult.Skipped(id: id, reason: obstacle))
    }
    result.changed += 1
    result.destinations.formUnion(loaded.original.deliveries.filter { $0.id == id }.map(\.destination))
    if !dryRun { try save(loaded) }
  }
}
