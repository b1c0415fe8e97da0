import DICOM
import EscrowCore

/// One instance that a modality has.
struct TrafficContent: Sendable {
  let sop: SOPInstance
  let study: UID
  let digest: Digest
  let kind: TrafficKind
  let source: PeerName

  static let destinations: [PeerName] = ["archive", "backup", "cloud", "research", "second"]
  static let sources: [PeerName] = ["ct1", "ct2", "mr1", "us1"]
  /// How long a copy stays when it is safe.
  static let retention = Duration.minutes(10)
  static let routes = RouteTable(routes: TrafficKind.allCases.compactMap(\.route))

  init(number: Int, study: Int, kind: TrafficKind, source: PeerName) {
    sop = SOPInstance(classUID: kind.sopClass, instanceUID: UID("2.25.5.\(number)"))
    self.study = UID("2.25.6.\(study)")
    digest = Digest(high: 7, low: UInt64(number))
    self.kind = kind
    self.source = source
  }

  /// What arrives: other bytes when it is edited on its way.
  static func arriving(_ digest: Digest, isEdited: Bool) -> Digest {
    isEdited ? Digest(high: digest.high + 1, low: digest.low) : digest
  }

  /// What its destination is to have.
  func arriving(by send: TrafficKind.Send) -> Digest { Self.arriving(digest, isEdited: send.isEdited) }

  /// As the receiver hands it to the ledger, with what the routes say.
  func admission(as id: InstanceID, at now: Timestamp) -> Admission {
    let source = Source(
      callingAE: AETitle(source.rawValue.uppercased()), calledAE: "ESCROW", address: "10.0.0.7", peer: source,
      association: "a")
    let input = RoutingInput(
      source: source, sop: sop, transferSyntax: "1.2.840.10008.1.2.1", attributes: [.modality: [kind.rawValue]])
    return Admission(
      id: id, sop: sop, transferSyntax: "1.2.840.10008.1.2.1",
      attributes: InstanceAttributes(
        patientID: "P", studyInstanceUID: study, seriesInstanceUID: UID("\(study).1"), modality: kind.rawValue),
      source: source, receivedAt: now, dataSetLength: 1000, digest: digest, plan: Self.routes.plan(for: input))
  }
}
