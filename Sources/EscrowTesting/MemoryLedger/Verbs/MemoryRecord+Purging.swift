import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``Ledger/beginPurge(limit:now:)``.
  package mutating func beginPurge(limit: Int, now: Timestamp) -> [PurgeTicket] {
    let begun = Array(begun.prefix(limit))
    if openAlarms.keys.contains(where: { $0.kind == .clockJumped }) { return begun }
    for row in purgeCandidates(limit: limit, now: now).sorted() {
      var doubtful = consignments[row]
      if doubtful.doubtStaleFinds(now: now) { save(doubtful, at: row) }
    }
    var new: [PurgeTicket] = []
    for row in purgeCandidates(limit: limit, now: now) {
      if consignments[row].deliveries.contains(where: { $0.origin == .route && $0.isStale(at: now) }) { continue }
      consignments[row].move(.purgeGuardHeld)
      new.append(PurgeTicket(consignments[row].instance))
    }
    return begun + new.sorted { $0.instance < $1.instance }
  }

  /// The instances whose moment came first, by index.
  private func purgeCandidates(limit: Int, now: Timestamp) -> [Int] {
    let due = consignments.indices.compactMap { row in
      PurgeGuard.due(consignments[row]).map { (at: $0, row: row) }
    }
    let candidates = due.filter {
      $0.at <= now && !isAskedAbout(consignments[$0.row].instance) && !isToBeStored($0.row)
    }
    return candidates.sorted { ($0.at, $0.row) < ($1.at, $1.row) }.prefix(limit).map(\.row)
  }

  /// What is being purged and is not finished, in the order of admission.
  private var begun: [PurgeTicket] {
    rows { $0.instance.state == .purging }.map { PurgeTicket($0.consignment.instance) }
  }

  /// As ``Ledger/finishPurge(_:now:)``.
  package mutating func finishPurge(_ instances: [InstanceID], now: Timestamp) {
    for id in instances { change(id) { $0.purged(now: now) } }
  }

  /// As ``Ledger/markDamaged(_:file:reason:now:)``.
  package mutating func markDamaged(_ instance: InstanceID, file: InstanceID, reason: String, now: Timestamp) {
    change(instance) { $0.instance.file == file && $0.damage(reason: reason, now: now) }
  }

  /// As ``Ledger/recordMissingFile(_:reason:now:)``.
  package mutating func recordMissingFile(_ instance: InstanceID, reason: String, now: Timestamp) {
    change(instance) { $0.loseFile(reason: reason, now: now) }
  }

  /// As ``Ledger/recover(now:)``.
  package mutating func recover(now: Timestamp) -> [PurgeTicket] {
    beginIncarnation()
    let current = incarnation
    _ = expire(now: now) { $0.incarnation < current }
    return begun
  }

  /// Saves what `body` makes of an instance, if it says so.
  private mutating func change(_ id: InstanceID, _ body: (inout Consignment) -> Bool) {
    guard let row = rowOfInstance[id] else { return }
    var changed = consignments[row]
    guard body(&changed) else { return }
    save(changed, at: row)
  }
}

extension PurgeTicket {
  fileprivate init(_ instance: Instance) { self.init(instance: instance.id, file: instance.file) }
}
