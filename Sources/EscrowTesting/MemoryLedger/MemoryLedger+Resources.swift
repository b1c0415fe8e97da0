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
