package import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``LedgerReading/trace(_:)``.
  package func trace(_ uid: UID) -> Trace {
    let found = rows { $0.instance.sop.instanceUID == uid || $0.instance.attributes.studyInstanceUID == uid }
      .map(\.consignment)
    let deliveries = found.flatMap(\.deliveries).sorted { $0.id < $1.id }
    let instances = Set(found.map(\.instance.id))
    return Trace(
      instances: found.map(\.instance), deliveries: deliveries,
      attempts: deliveries.flatMap { attempts[$0.id, default: []] },
      transactions: items(of: Set(deliveries.map(\.id)), uid: uid),
      events: history.filter { $0.event.isAbout(uid, or: instances) }, summary: summaries[uid])
  }

  /// As ``LedgerReading/items(ofTransaction:)``.
  package func items(ofTransaction uid: UID) -> [TransactionItem]? {
    commitmentOfUID[uid].map { index in
      commitments[index].items.sorted { $0.sop.instanceUID.rawValue < $1.sop.instanceUID.rawValue }
    }
  }

  private func items(of deliveries: Set<DeliveryID>, uid: UID) -> [TransactionItem] {
    commitments.flatMap { commitment in
      commitment.items.filter { $0.delivery.map(deliveries.contains) ?? ($0.sop.instanceUID == uid) }
        .sorted { $0.sop.instanceUID.rawValue < $1.sop.instanceUID.rawValue }
    }
  }

  /// As ``LedgerReading/transaction(_:)``.
  package func transaction(_ uid: UID) -> TransactionRecord? { commitmentOfUID[uid].map { commitments[$0].complete } }

  /// As ``LedgerReading/transactions(_:page:)``.
  package func transactions(_ filter: TransactionFilter, page: PageRequest) throws -> Page<TransactionRecord> {
    let position = try page.position() ?? .max
    let found = commitments.reversed().filter { $0.number < position && filter.matches($0) }
    return Page(Array(found.prefix(page.limit + 1)), limit: page.limit, position: \.number, item: \.complete)
  }
}

extension EscrowEvent {
  /// Whether it belongs to the trace of `uid`, which names `instances`.
  fileprivate func isAbout(_ uid: UID, or instances: Set<InstanceID>) -> Bool {
    instance.map(instances.contains) ?? (sopInstanceUID == uid || studyInstanceUID == uid)
  }
}

extension TransactionFilter {
  fileprivate func matches(_ commitment: MemoryCommitment) -> Bool {
    if let destinations, !destinations.contains(commitment.record.destination) { return false }
    if let states, !states.contains(commitment.record.state) { return false }
    return sopInstanceUID == nil || commitment.items.contains { $0.sop.instanceUID == sopInstanceUID }
  }
}
