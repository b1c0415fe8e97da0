import DICOM
package import EscrowCore

extension MemoryRecord {
  /// As ``OperationsLedger/space(studies:examining:)``.
  package func space(studies limit: Int, examining examined: Int) -> SpaceOverview {
    var overview = SpaceOverview()
    let kept = keptStudies
    overview.largest = Array(
      kept.values.filter { $0.bytes > 0 }.sorted { (-$0.bytes, $0.key.rawValue) < (-$1.bytes, $1.key.rawValue) }
        .prefix(limit))
    overview.longestWaiting = longestWaiting(limit, examining: examined).compactMap { key, at in
      kept[key].map { KeptStudy(key: key, instances: $0.instances, bytes: $0.bytes, waitsSince: at) }
    }
    let all = consignments
    overview.decisions[.discardHeld] = freed(all.filter { $0.instance.state == .held })
    overview.decisions[.discardDamaged] = freed(all.filter { $0.instance.state == .damaged })
    overview.decisions[.endRetention] = freed(all.filter { PurgeGuard.due($0) != nil }, atMost: examined)
    overview.decisions[.confirm] = freed(
      all.filter { $0.instance.pin != nil && ![.purging, .purged, .discarded].contains($0.instance.state) },
      atMost: examined)
    let names = Set(all.flatMap { $0.deliveries.filter { !Standing.proven.contains($0.state) }.map(\.destination) })
    for name in names {
      overview.decisions[.waive(name)] = freed(byWaiving: name, atMost: max(examined / names.count, 1))
    }
    return overview
  }

  private var keptStudies: [UID: KeptStudy] {
    var kept: [UID: KeptStudy] = [:]
    for consignment in consignments where ![.purged, .discarded].contains(consignment.instance.state) {
      let key = consignment.studyKey
      kept[key, default: KeptStudy(key: key, instances: 0, bytes: 0)].instances += 1
      kept[key]?.bytes += consignment.instance.dataSetLength
    }
    return kept
  }

  private func longestWaiting(_ limit: Int, examining examined: Int) -> [(UID, Timestamp)] {
    var oldest: [UID: Timestamp] = [:]
    for state in [InstanceState.held, .inTransit, .damaged] {
      for one in consignments.filter({ $0.instance.state == state }).prefix(examined) {
        oldest[one.studyKey] = min(oldest[one.studyKey] ?? one.instance.receivedAt, one.instance.receivedAt)
      }
    }
    let sorted = oldest.sorted { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }
    return sorted.prefix(limit).map { ($0.key, $0.value) }
  }

  private func freed(_ found: [Consignment], atMost limit: Int? = nil) -> SpaceOverview.Freed? {
    let seen = limit.map { Array(found.prefix($0)) } ?? found
    guard !seen.isEmpty else { return nil }
    return SpaceOverview.Freed(
      instances: seen.count, bytes: seen.reduce(0) { $0 + $1.instance.dataSetLength },
      isAtLeast: limit.map { seen.count >= $0 } ?? false)
  }

  private func freed(byWaiving name: PeerName, atMost limit: Int) -> SpaceOverview.Freed? {
    let keeps = { (delivery: Delivery) in
      delivery.destination == name && delivery.origin == .route && !Standing.proven.contains(delivery.state)
    }
    let seen = consignments.filter { $0.deliveries.contains(where: keeps) }.prefix(limit)
    let free = seen.filter { consignment in
      let instance = consignment.instance
      guard [.inTransit, .settled].contains(instance.state), instance.pin == nil, instance.promise == nil,
        instance.legalHold == nil, !instance.conflicted, instance.retention != .never
      else { return false }
      let others = consignment.deliveries.filter { !keeps($0) }
      return Standing(of: others).isSafe
    }
    guard !free.isEmpty else { return nil }
    return SpaceOverview.Freed(
      instances: free.count, bytes: free.reduce(0) { $0 + $1.instance.dataSetLength },
      isAtLeast: seen.count >= limit)
  }
}
