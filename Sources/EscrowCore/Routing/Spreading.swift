package import DICOM

extension Route.Send {
  /// Which of its destinations gets a study: always the same one, each about as many, and when a destination is added or
  /// taken away only the studies move that are its own (the highest of one number for each destination wins).
  package func destination(forStudy study: UID) -> PeerName {
    let best = destinations.max { (weight($0, study), $0) < (weight($1, study), $1) }
    guard let best else { preconditionFailure("an item of send without a destination") }
    return best
  }

  /// FNV-1a with a last mixing: the same on every machine, at every start.
  private func weight(_ destination: PeerName, _ study: UID) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in Array(destination.rawValue.utf8) + [0] + Array(study.rawValue.utf8) {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ (hash >> 33)
  }
}
