import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/queriesDue(at:policy:limit:now:)``.
  package func queriesDue(
    at destination: PeerName, policy: QueryPolicy, limit: Int, now: Timestamp
  ) -> QueryTurn {
    let asked = records { $0.destination == destination && $0.isQueried }.compactMap { record in
      policy.due(record.delivery, now: now).map { (record: record, due: $0) }
    }
    let due = asked.filter { $0.due <= now }.sorted {
      ($0.due, $0.record.delivery.waitsSince, $0.record.delivery.id)
        < ($1.due, $1.record.delivery.waitsSince, $1.record.delivery.id)
    }
    let next = asked.filter { $0.due > now }.map(\.due).min()
    return QueryTurn(due: due.prefix(limit).compactMap { question($0.record) }, next: next)
  }

  private func question(_ record: DeliveryRecord) -> DueQuery? {
    guard let row = rowOfDelivery[record.delivery.id] else { return nil }
    let attributes = consignments[row].instance.attributes
    return DueQuery(
      key: ClaimKey(delivery: record.delivery.id, attempt: record.delivery.attempts), sop: record.sop,
      studyInstanceUID: attributes.studyInstanceUID, seriesInstanceUID: attributes.seriesInstanceUID,
      terms: record.delivery.terms)
  }

  /// As ``Ledger/recordQueries(_:at:policy:now:)``.
  package mutating func recordQueries(
    _ results: [QueryResult], at destination: PeerName, policy: QueryPolicy, now: Timestamp
  ) -> Int {
    var resends = 0
    for result in results {
      guard let row = rowOfDelivery[result.key.delivery] else { continue }
      var changed = consignments[row]
      guard changed.record(result, policy: policy, now: now) else { continue }
      save(changed, at: row)
      resends += changed.deliveries.first { $0.id == result.key.delivery }?.state == .queued ? 1 : 0
    }
    if let message = results.refusal {
      raise(.queryRefused(destination, message: message, at: now), event: nil)
    } else if results.areComplete {
      clear(.queryRefused, subject: destination.rawValue, event: nil)
    }
    reviewQueries(of: destination, policy: policy, now: now)
    return resends
  }

  /// As ``Ledger/reviewQueries(policies:now:)``.
  package mutating func reviewQueries(policies: [PeerName: QueryPolicy], now: Timestamp) {
    for (destination, policy) in policies.sorted(by: { $0.key < $1.key }) {
      reviewQueries(of: destination, policy: policy, now: now)
    }
  }

  private mutating func reviewQueries(of destination: PeerName, policy: QueryPolicy, now: Timestamp) {
    let owed = records { $0.destination == destination && $0.proof == .query && $0.state == .sent }
    if let oldest = owed.compactMap(\.delivery.firstAskedAt).min(), oldest + policy.alarmAfter <= now {
      raise(
        .queryOverdue(destination, since: oldest, at: now), event: .queryOverdue(destination, since: oldest, at: now))
    } else {
      clear(.queryOverdue, subject: destination.rawValue, event: nil)
    }
  }
}

extension Delivery {
  /// Of those due at the same time, who waits longer.
  fileprivate var waitsSince: Timestamp { notBefore ?? sentAt ?? Timestamp(microseconds: 0) }
}
