import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func recordQueries(
    _ results: [QueryResult], at destination: PeerName, policy: QueryPolicy, now: Timestamp
  ) async throws -> Int {
    try await writer.perform { try $0.recordQueries(results, at: destination, policy: policy, now: now) }
  }

  package func reviewQueries(policies: [PeerName: QueryPolicy], now: Timestamp) async throws {
    try await writer.perform { transaction in
      for (destination, policy) in policies.sorted(by: { $0.key < $1.key }) {
        try transaction.reviewQueries(of: destination, policy: policy, now: now)
      }
    }
  }
}

extension WriteTransaction {
  fileprivate func recordQueries(
    _ results: [QueryResult], at destination: PeerName, policy: QueryPolicy, now: Timestamp
  ) throws -> Int {
    var resends = 0
    for result in results {
      guard var loaded = try db.consignment(of: result.key.delivery),
        loaded.current.record(result, policy: policy, now: now)
      else { continue }
      try save(loaded)
      let state = loaded.current.deliveries.first { $0.id == result.key.delivery }?.state
      resends += state == .queued ? 1 : 0
    }
    if let message = results.refusal {
      try raise(.queryRefused(destination, message: message, at: now), event: nil)
    } else if results.areComplete {
      try clear(.queryRefused, subject: destination.rawValue, event: nil)
    }
    try reviewQueries(of: destination, policy: policy, now: now)
    return resends
  }

  /// Opens the alarm when the oldest find is owed for too long, else ends it.
  fileprivate func reviewQueries(of destination: PeerName, policy: QueryPolicy, now: Timestamp) throws {
    let oldest = try db.number(OverdueReports.oldest, destination.rawValue, Proof.query.rawValue)
      .map(Timestamp.init(microseconds:))
    if let oldest, oldest + policy.alarmAfter <= now {
      try raise(
        .queryOverdue(destination, since: oldest, at: now), event: .queryOverdue(destination, since: oldest, at: now))
    } else {
      try clear(.queryOverdue, subject: destination.rawValue, event: nil)
    }
  }
}
