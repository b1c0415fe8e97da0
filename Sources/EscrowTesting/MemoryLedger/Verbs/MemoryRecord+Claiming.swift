import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/claim(_:limit:lease:now:)``.
  package mutating func claim(
    _ destination: PeerName, limit: Int, lease: MonotonicTime, now: Timestamp
  ) -> ClaimBatch {
    let isStopped = AlarmKind.stopsSending.contains {
      openAlarms[MemoryAlarmKey(kind: $0, subject: destination.rawValue)] != nil
    }
    guard !isStopped else { return ClaimBatch(claims: [], nextDue: nil) }
    var claimed: [Claim] = []
    for id in candidates(at: destination, limit: limit, now: now) {
      guard let row = rowOfDelivery[id], var delivery = delivery(id), delivery.claim() else { continue }
      write(delivery)
      claims[id] = MemoryClaim(lease: lease, incarnation: incarnation, claimedAt: now)
      claimed.append(Claim(delivery, of: consignments[row].instance))
    }
    let next = claimable(at: destination).compactMap(\.notBefore).filter { $0 > now }.min()
    return ClaimBatch(claims: claimed, nextDue: next)
  }

  private func claimable(at destination: PeerName) -> [Delivery] {
    records { $0.destination == destination && $0.state == .queued && $0.hold == nil && $0.behind == nil }
      .map(\.delivery)
  }

  /// Those that wait for no time by priority, study and age; of those whose time came, for each priority the ones that
  /// waited longest. Within a priority the two take turns.
  private func candidates(at destination: PeerName, limit: Int, now: Timestamp) -> [DeliveryID] {
    let claimable = claimable(at: destination)
    let order = { (left: Delivery, right: Delivery) in
      (left.priority, left.turn, left.id) < (right.priority, right.turn, right.id)
    }
    var found: [Delivery] = []
    for priority in Priority.allCases {
      let ready = claimable.filter { $0.priority == priority && $0.notBefore == nil }.sorted(by: order)
      let waited = claimable.filter { $0.priority == priority && $0.notBefore != nil }
        .sorted { ($0.notBefore ?? now, $0.id) < ($1.notBefore ?? now, $1.id) }
      let over = waited.filter { Waiting.isOver($0.notBefore, now: now) }
      let longest =
        over.filter { ($0.notBefore ?? now) <= now }.prefix(limit)
        + over.filter { ($0.notBefore ?? now) > now }.prefix(limit)
      found += takingTurns(ready, longest.sorted(by: order))
    }
    return found.prefix(limit).sorted(by: order).map(\.id)
  }

  private func takingTurns(_ first: [Delivery], _ second: [Delivery]) -> [Delivery] {
    (0..<max(first.count, second.count)).flatMap { place in
      first.dropFirst(place).prefix(1) + second.dropFirst(place).prefix(1)
    }
  }

  /// As ``Ledger/replace(at:limit:now:)``.
  package mutating func replace(at destination: PeerName, limit: Int, now: Timestamp) -> Int {
    let candidates = claimable(at: destination).filter { !$0.mayBeThere && $0.terms.alternative != nil }
    var replaced = 0
    for delivery in candidates.sorted(by: { $0.id < $1.id }).prefix(limit) {
      guard let row = rowOfDelivery[delivery.id] else { continue }
      var changed = consignments[row]
      guard changed.replace(delivery.id, now: now) else { continue }
      save(changed, at: row)
      replaced += 1
    }
    return replaced
  }

  /// As ``Ledger/renew(_:lease:)``.
  package mutating func renew(_ claims: [ClaimKey], lease: MonotonicTime) {
    for key in claims where delivery(key.delivery)?.attempts == key.attempt {
      self.claims[key.delivery]?.lease = lease
    }
  }

  /// As ``Ledger/expireClaims(at:now:)``.
  package mutating func expireClaims(at moment: MonotonicTime, now: Timestamp) -> Int {
    let current = incarnation
    return expire(now: now) { $0.incarnation < current || $0.incarnation == current && $0.lease <= moment }
  }

  /// Ends the claims that `isOver`; returns how many.
  mutating func expire(now: Timestamp, where isOver: (MemoryClaim) -> Bool) -> Int {
    let ended = claims.filter { isOver($0.value) }.sorted { $0.key < $1.key }
    for (id, claim) in ended {
      guard let row = rowOfDelivery[id], let attempt = delivery(id)?.attempts else { continue }
      var changed = consignments[row]
      guard changed.expireClaim(id, now: now) else { continue }
      save(changed, at: row)
      let key = ClaimKey(delivery: id, attempt: attempt)
      attempts[id, default: []].append(.expired(key, claimedAt: claim.claimedAt, endedAt: now))
    }
    return ended.count
  }

  /// As ``Ledger/record(_:now:)-swift.method``.
  package mutating func record(_ outcomes: [AttemptOutcome], now: Timestamp) {
    for outcome in outcomes { record(outcome, now: now) }
  }

  private mutating func record(_ outcome: AttemptOutcome, now: Timestamp) {
    let key = outcome.key
    guard let row = rowOfDelivery[key.delivery] else { return }
    var changed = consignments[row]
    if changed.record(outcome, now: now) {
      save(changed, at: row)
    } else {
      // What ended otherwise in the meantime was tried all the same.
      guard outcome.result.wasTried, !isOnRecord(key) else { return }
    }
    attempts[key.delivery, default: []].append(AttemptRecord(outcome, endedAt: now))
  }

  /// Whether it is on record how this attempt ended; that it was taken back does not count.
  private func isOnRecord(_ key: ClaimKey) -> Bool {
    attempts[key.delivery, default: []].contains { $0.attempt == key.attempt && $0.result != "returned" }
  }
}

extension Claim {
  /// A delivery of `instance` that was just claimed.
  fileprivate init(_ delivery: Delivery, of instance: Instance) {
    self.init(
      key: ClaimKey(delivery: delivery.id, attempt: delivery.attempts), destination: delivery.destination,
      instance: instance.id, file: instance.file, sop: instance.sop, transferSyntax: instance.transferSyntax,
      dataSetLength: instance.dataSetLength, digest: instance.digest,
      studyInstanceUID: instance.attributes.studyInstanceUID, receivedAt: instance.receivedAt, proof: delivery.proof,
      priority: delivery.priority, doubtfulFailures: delivery.doubtfulFailures, resends: delivery.resends,
      terms: delivery.terms)
  }
}
