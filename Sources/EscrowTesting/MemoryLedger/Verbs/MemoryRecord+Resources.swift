package import DICOM
package import EscrowCore

extension MemoryRecord {
  /// What is in the tree, in the order of admission.
  private var present: [Instance] {
    consignments.map(\.instance).filter { ![.purging, .purged, .discarded].contains($0.state) }
  }

  package func resources(_ level: ResourceLevel, in parent: Resource?, offset: Int, limit: Int) -> [ResourceID] {
    var seen: Set<ResourceID> = []
    let names = present.filter { parent == nil || $0.resource(parent?.level ?? level) == parent?.id }
      .map { $0.resource(level) }.filter { seen.insert($0).inserted }
    return Array(names.dropFirst(offset).prefix(limit))
  }

  package func instances(of resource: Resource) -> [Instance] {
    var newest: [ResourceID: Instance] = [:]
    var order: [ResourceID] = []
    for instance in present where instance.resource(resource.level) == resource.id {
      let name = instance.resource(.instance)
      if newest.updateValue(instance, forKey: name) == nil { order.append(name) }
    }
    return order.compactMap { newest[$0] }
  }

  package func countResources() -> ResourceCounts {
    let count = { (level: ResourceLevel) in Set(present.map { $0.resource(level) }).count }
    return ResourceCounts(
      patients: count(.patient), studies: count(.study), series: count(.series), instances: count(.instance),
      bytes: present.reduce(0) { $0 + $1.dataSetLength })
  }

  package func lookup(_ text: String) -> [Resource] {
    let patients = Set(present.compactMap(\.attributes.patientID))
    let patient = [text, text.uppercased(), text.lowercased()].first { patients.contains($0) }
    var found = patient.map { [Resource(.patient, ResourceID(of: [$0]))] } ?? []
    for (level, uid) in [
      (ResourceLevel.study, { (instance: Instance) in instance.attributes.studyInstanceUID?.rawValue }),
      (.series, { $0.attributes.seriesInstanceUID?.rawValue }), (.instance, { $0.sop.instanceUID.rawValue }),
    ] {
      for instance in present where uid(instance) == text {
        let resource = Resource(level, instance.resource(level))
        if !found.contains(resource) { found.append(resource) }
      }
    }
    return found
  }

  /// As ``ResourceLedger/remove(_:provedBy:actor:now:)``.
  package mutating func remove(
    _ instances: [InstanceID], provedBy transaction: UID?, actor: String, now: Timestamp
  ) -> [InstanceID: String] {
    var obstacles: [InstanceID: String] = [:]
    var removed: [(Int, Consignment)] = []
    for id in instances {
      guard let row = rowOfInstance[id] else { continue }
      var changed = consignments[row]
      let isAsked = isAskedAbout(changed.instance)
      obstacles[id] = changed.remove(
        isProved: isProved(changed.instance, in: transaction), isAsked: isAsked, isWanted: isToBeStored(row),
        actor: actor, now: now)
      removed.append((row, changed))
    }
    if obstacles.isEmpty { for (row, changed) in removed { save(changed, at: row) } }
    return obstacles
  }

  private func isProved(_ instance: Instance, in transaction: UID?) -> Bool {
    guard let index = transaction.flatMap({ commitmentOfUID[$0] }), commitments[index].record.manual,
      commitments[index].record.openedAt >= instance.receivedAt
    else { return false }
    let asked = commitments.indices.filter { $0 == index || commitments[$0].root == index }
    let isOwn = inquiries.contains { inquiry in
      asked.contains { commitments[$0].record.uid == inquiry.record.transactionUID }
    }
    return !isOwn && commitments[index].items.contains { $0.sop == instance.sop && $0.committed == true }
  }
}
