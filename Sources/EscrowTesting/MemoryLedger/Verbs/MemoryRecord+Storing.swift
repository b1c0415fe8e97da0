import DICOM
package import EscrowCore

extension MemoryRecord {
  private func index(_ job: JobID) -> Int? { stores.firstIndex { $0.record.job.id == job } }

  /// As ``JobLedger/submit(_:now:)``.
  package mutating func submit(_ store: ModalityStore, now: Timestamp) {
    var seen: Set<InstanceID> = []
    let rows = store.instances.filter { seen.insert($0).inserted }.compactMap { rowOfInstance[$0] }
    let job = Job(
      id: store.job, kind: .modalityStore, peer: store.peer, priority: store.priority, createdAt: now, nextAt: now,
      total: seen.count)
    jobOrder.append(store.job)
    stores.append(
      MemoryStore(
        record: StoreRecord(
          job: job, resources: store.resources, isPermissive: store.isPermissive,
          transactionUID: store.transactionUID),
        items: rows.map { .init(row: $0) }))
    tell(job.changed("submit", by: "api", now: now))
  }

  /// As ``JobLedger/advanceStore(_:limit:now:)``.
  package mutating func advanceStore(_ job: JobID, limit: Int, now: Timestamp) -> StoreProgress? {
    guard let index = index(job), stores[index].record.job.state.isActive else { return nil }
    stores[index].record.job.move(.started, now: now)
    var failure = countEnded(index, limit: limit)
    if failure == nil || stores[index].record.isPermissive {
      failure = queue(index, limit: limit, now: now) ?? failure
    }
    let hasMore = stores[index].items.contains { item in
      item.isDone == nil && item.delivery.map { delivery($0)?.state.isTerminal ?? false } ?? true
    }
    let isAllDone = stores[index].record.job.done == stores[index].record.job.total
    let hasEnded = stores[index].record.conclude(isAllDone: isAllDone, failure: failure, now: now)
    if !hasEnded { stores[index].record.job.nextAt = hasMore ? now : nil }
    if hasEnded { end(index, now: now) }
    let record = stores[index].record
    return StoreProgress(
      peer: record.job.peer, hasMore: hasMore && !hasEnded,
      asks: record.job.state == .success && record.transactionUID != nil)
  }

  private mutating func countEnded(_ index: Int, limit: Int) -> String? {
    var failure: String?
    let ended = stores[index].items.indices.compactMap { place -> (Int, Delivery)? in
      let item = stores[index].items[place]
      guard item.isDone == nil, let delivery = item.delivery.flatMap({ self.delivery($0) }) else { return nil }
      return delivery.state.isTerminal ? (place, delivery) : nil
    }
    for (place, delivery) in ended.prefix(limit) {
      let isStored = delivery.state == .delivered
      if !isStored {
        failure = failure ?? delivery.lastError ?? delivery.reason ?? "the delivery is \(delivery.state)"
      }
      count(isStored, place, of: index)
    }
    return failure
  }

  private mutating func queue(_ index: Int, limit: Int, now: Timestamp) -> String? {
    var failure: String?
    let waiting = stores[index].items.indices.filter {
      stores[index].items[$0].delivery == nil && stores[index].items[$0].isDone == nil
    }
    let peer = stores[index].record.job.peer
    for place in waiting.prefix(limit) {
      let row = stores[index].items[place].row
      var changed = consignments[row]
      let isShared = changed.isStoring(to: peer)
      if let obstacle = changed.store(to: peer, now: now) {
        failure = failure ?? obstacle
        count(false, place, of: index)
        if !stores[index].record.isPermissive { break }
      } else {
        save(changed, at: row)
        let delivery = consignments[row].deliveries.first { $0.destination == peer && $0.origin == .api }?.id
        stores[index].items[place].isOwn = !isShared || isOfAJob(delivery)
        stores[index].items[place].delivery = delivery
      }
    }
    return failure
  }

  private mutating func count(_ isStored: Bool, _ place: Int, of index: Int) {
    stores[index].items[place].isDone = isStored
    stores[index].record.job.done += 1
    stores[index].record.failed += isStored ? 0 : 1
  }

  private mutating func end(_ index: Int, now: Timestamp) {
    let record = stores[index].record
    guard record.job.state == .success else { return operate(.cancel, on: index, now: now) }
    guard let uid = record.transactionUID, commitmentOfUID[uid] == nil else { return }
    let references = stores[index].items.filter { $0.isDone == true }.map { consignments[$0.row].instance.sop }
    try? openTransaction(
      uid, to: record.job.peer, references: references, asking: nil, actor: "api", now: now)
  }

  private mutating func operate(_ verb: DeliveryVerb, on index: Int, now: Timestamp) {
    let order = BulkOrder(actor: "api", reason: "its job")
    for item in stores[index].items where item.isDone == nil && item.isOwn {
      guard let id = item.delivery, !isWaitedFor(id, besides: index) else { continue }
      var changed = consignments[item.row]
      if changed.operate(verb, on: id, by: order, now: now) == nil { save(changed, at: item.row) }
    }
  }

  private func isOfAJob(_ delivery: DeliveryID?) -> Bool {
    stores.contains { $0.items.contains { $0.delivery == delivery && $0.isDone == nil && $0.isOwn } }
  }

  private func isWaitedFor(_ delivery: DeliveryID, besides index: Int) -> Bool {
    stores.indices.contains { other in
      other != index && !stores[other].record.job.state.hasEnded
        && stores[other].items.contains { $0.delivery == delivery && $0.isDone == nil }
    }
  }

  /// A job that sends was paused, resumed, cancelled or submitted again.
  mutating func follow(_ verb: JobVerb, of job: JobID, now: Timestamp) {
    guard let index = index(job) else { return }
    switch verb {
    case .pause: operate(.hold, on: index, now: now)
    case .resume: operate(.release, on: index, now: now)
    case .cancel: operate(.cancel, on: index, now: now)
    case .resubmit:
      for place in stores[index].items.indices where stores[index].items[place].isDone != true {
        stores[index].items[place].delivery = nil
        stores[index].items[place].isDone = nil
      }
      stores[index].record.job.done -= stores[index].record.failed
      stores[index].record.failed = 0
    }
  }

  /// Whether a job is to send an instance and has not queued it yet.
  func isToBeStored(_ row: Int) -> Bool {
    stores.contains { store in
      !store.record.job.state.hasEnded
        && store.items.contains { $0.row == row && $0.delivery == nil && $0.isDone == nil }
    }
  }

  /// A delivery that the API asked for has ended.
  mutating func touchStores(of delivery: DeliveryID) {
    for index in stores.indices where stores[index].record.job.state.isActive {
      let isMeant = stores[index].items.contains { $0.delivery == delivery && $0.isDone == nil }
      if isMeant { stores[index].record.job.nextAt = Timestamp(microseconds: 0) }
    }
  }

  package func store(_ job: JobID) -> StoreRecord? { index(job).map { stores[$0].record } }
}
