import DICOM

extension InstanceFilter {
  /// Whether an instance is meant: every condition holds.
  package func matches(_ instance: Instance) -> Bool {
    holds(ids) { $0.contains(instance.id) } && holds(sopInstanceUID) { $0 == instance.sop.instanceUID }
      && holds(studyInstanceUID) { $0 == instance.attributes.studyInstanceUID }
      && holds(states) { $0.contains(instance.state) } && traitsMatch(instance)
  }

  private func traitsMatch(_ instance: Instance) -> Bool {
    holds(patientID) { $0 == instance.attributes.patientID }
      && holds(callingAEs) { $0.contains(instance.source.callingAE) }
      && holds(peers) { peers in instance.source.peer.map { peers.contains($0) } ?? false }
      && holds(reason) { ($0.isEmpty || (instance.reason ?? "").asciiLowercased.contains($0.asciiLowercased)) }
      && holds(receivedBefore) { instance.receivedAt < $0 } && holds(receivedAfter) { instance.receivedAt >= $0 }
  }

  private func holds<Value>(_ wanted: Value?, _ condition: (Value) -> Bool) -> Bool { wanted.map(condition) ?? true }
}
