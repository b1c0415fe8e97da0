package import DICOM
package import EscrowCore

/// The verbs and queries of ``ResourceLedger``, which says what they mean.
extension MemoryLedger {
  package func resources(
    _ level: ResourceLevel, in parent: Resource?, offset: Int, limit: Int
  ) async throws -> [ResourceID] {
    read { $0.resources(level, in: parent, offset: offset, limit: limit) }
  }

  package func instances(of resource: Resource) async throws -> [Instance] { read { $0.instances(of: resource) } }

  package func countResources() async throws -> ResourceCounts { read { $0.countResources() } }

  package func lookup(_ text: String) async throws -> [Resource] { read { $0.lookup(text) } }

  package func remove(
    _ instances: [InstanceID], provedBy transaction: UID?, actor: String, now: Timestamp
  ) async throws -> [InstanceID: String] {
    try perform { $0.remove(instances, provedBy: transaction, actor: actor, now: now) }
  }
}

/// The verbs and queries of ``ModalityLedger``.
extension MemoryLedger {
  package func keep(_ modality: NamedModality, actor: String, now: Timestamp) async throws {
    try perform {
      $0.modalities[modality.name] = modality
      $0.tell(.modality(modality.name, "kept", actor: actor, now: now))
    }
  }

  package func forgetModality(_ name: PeerName, actor: String, now: Timestamp) async throws -> Bool {
    try perform {
      guard $0.modalities.removeValue(forKey: name) != nil else { return false }
      $0.tell(.modality(name, "forgotten", actor: actor, now: now))
      return true
    }
  }

  package func hasRouted(to name: PeerName) async throws -> Bool {
    read { record in
      record.consignments.contains { $0.deliveries.contains { $0.destination == name && $0.origin == .route } }
    }
  }

  package func modalities() async throws -> [NamedModality] {
    read { $0.modalities.values.sorted { $0.name < $1.name } }
  }
}

/// The verbs and queries of ``UnlistedLedger``.
extension MemoryLedger {
  package func recordUnlisted(_ attempts: [UnlistedSender], now: Timestamp) async throws {
    try perform { record in
      for attempt in attempts { record.unlisted.note(attempt) }
      record.unlisted.forget(before: now - UnlistedSenders.memory)
    }
  }

  package func unlistedSenders() async throws -> [UnlistedSender] { read { $0.unlisted.latest } }
}
