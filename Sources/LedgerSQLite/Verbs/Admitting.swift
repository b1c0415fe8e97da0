import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func admit(_ admission: Admission, now: Timestamp) async throws -> AdmissionResult {
    try await writer.perform(as: .admission) { try $0.admit(admission, now: now) }
  }
}

extension WriteTransaction {
  fileprivate func admit(_ admission: Admission, now: Timestamp) throws -> AdmissionResult {
    let earlier = try db.consignments(sopInstanceUID: admission.sop.instanceUID)
    switch AdmissionDecision.decide(admission, earlier: earlier.map(\.original)) {
    case .new(let deliveries, let conflicted):
      try markConflicted(earlier, by: admission)
      try add(.admitted(admission, deliveries: deliveries, conflicted: conflicted, now: now), now: now)
      return .admitted(conflicted: conflicted)
    case .merge(let id, let deliveries):
      try change(id, of: earlier) { $0.merge(admission, deliveries: deliveries, now: now) }
      return .known(id)
    case .replace(let id, let deliveries):
      let old = earlier.first { $0.original.instance.id == id }?.original.instance.file ?? id
      try change(id, of: earlier) { $0.replace(admission, deliveries: deliveries, now: now) }
      return .replaced(id, old: old)
    case .loop(let id):
      try change(id, of: earlier) { $0.loop(admission, now: now) }
      return .looped(id)
    case .repeated(let conflicted): return .admitted(conflicted: conflicted)
    case .leftover(let id): return .known(id)
    }
  }

  private func change(
    _ id: InstanceID, of earlier: [LoadedConsignment], _ body: (inout Consignment) -> Void
  ) throws {
    guard var loaded = earlier.first(where: { $0.original.instance.id == id }) else { return }
    body(&loaded.current)
    try save(loaded)
  }

  /// Commitment speaks of UIDs only: from now on no report says which of the contents is meant.
  private func markConflicted(_ earlier: [LoadedConsignment], by admission: Admission) throws {
    for var loaded in earlier where loaded.original.instance.digest != admission.digest {
      loaded.current.instance.conflicted = true
      try save(loaded)
    }
  }
}
