import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/requeue(_:dryRun:actor:reason:now:)``.
  package mutating func requeue(
    _ filter: DeliveryFilter, dryRun: Bool, actor: String, reason: String?, now: Timestamp
  ) -> BulkResult {
    var result = BulkResult(matched: 0, changed: 0, skipped: [], destinations: [])
    for found in records(filter).map(\.delivery) {
      guard let row = rowOfDelivery[found.id] else { continue }
      result.matched += 1
      var changed = consignments[row]
      if let obstacle = changed.requeue(found.id, actor: actor, reason: reason, now: now) {
        result.skipped.append(BulkResult.Skipped(id: found.id, reason: obstacle))
        continue
      }
      result.changed += 1
      result.destinations.insert(found.destination)
      if !dryRun { save(changed, at: row) }
    }
    return result
  }
}
