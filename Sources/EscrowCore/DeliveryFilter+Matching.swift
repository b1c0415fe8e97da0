import DICOM

extension DeliveryFilter {
  /// Whether a delivery is meant: every condition holds.
  package func matches(_ delivery: Delivery, of instance: Instance) -> Bool {
    namesMatch(delivery, instance) && traitsMatch(delivery) && momentsMatch(delivery, instance)
  }

  private func namesMatch(_ delivery: Delivery, _ instance: Instance) -> Bool {
    holds(ids) { $0.contains(delivery.id) } && holds(states) { $0.contains(delivery.state) }
      && holds(destinations) { $0.contains(delivery.destination) } && holds(self.instance) { $0 == delivery.instance }
      && holds(sopInstanceUID) { $0 == instance.sop.instanceUID }
      && holds(studyInstanceUID) { $0 == instance.attributes.studyInstanceUID }
      && holds(patientID) { $0 == instance.attributes.patientID }
      && holds(callingAEs) { $0.contains(instance.source.callingAE) }
      && holds(peers) { peers in instance.source.peer.map { peers.contains($0) } ?? false }
  }

  private func traitsMatch(_ delivery: Delivery) -> Bool {
    holds(routes) { !$0.isDisjoint(with: delivery.routes) } && holds(proofs) { $0.contains(delivery.proof) }
      && holds(isHeld) { $0 == (delivery.hold != nil) }
      && holds(reason) { part in
        Self.contains("\(delivery.hold?.reason ?? "") \(delivery.reason ?? "")", part)
          || reasonOf.contains(delivery.destination) && delivery.state == .queued && delivery.hold == nil
            && delivery.behind == nil
      }
      && holds(lastError) { Self.contains(delivery.lastError ?? "", $0) }
  }

  private func momentsMatch(_ delivery: Delivery, _ instance: Instance) -> Bool {
    holds(dueBefore) { limit in delivery.notBefore.map { $0 < limit } ?? true }
      && holds(dueAfter) { limit in delivery.notBefore.map { $0 >= limit } ?? false }
      && holds(receivedBefore) { instance.receivedAt < $0 } && holds(receivedAfter) { instance.receivedAt >= $0 }
  }

  private func holds<Value>(_ wanted: Value?, _ condition: (Value) -> Bool) -> Bool { wanted.map(condition) ?? true }

  private static func contains(_ text: String, _ part: String) -> Bool {
    part.isEmpty || text.asciiLowercased.contains(part.asciiLowercased)
  }
}

extension String {
  /// With the letters A to Z in lower case, and all else as it is.
  package var asciiLowercased: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { scalar in
          ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar
        }))
  }
}
