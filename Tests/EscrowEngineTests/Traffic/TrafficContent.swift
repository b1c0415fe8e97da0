import DICOM
import EscrowCore

/// One instance that a modality has.
struct TrafficContent: Sendable {
  let sop: SOPInstance
  let study: UID
  let digest: Digest
  let kind: Kind
  let source: PeerName

  /// What the routes tell apart.
  enum Kind: String, CaseIterable, Sendable {
    case ct = "CT"
    case mr = "MR"
    case us = "US"
    case cr = "CR"
    case sr = "SR"

    /// Where the routes send it, and what proves there that it is safe.
    var wanted: [(to: PeerName, proof: Proof)] {
      switch self {
      case .ct: [("archive", .commitment), ("research", .response)]
      case .mr: [("archive", .commitment), ("cloud", .response), ("second", .commitment)]
      case .us: [("second", .commitment)]
      case .cr: [("archive", .commitment), ("backup", .commitment)]
      case .sr: [("research", .response)]
      }
    }
  }

  static let destinations: [PeerName] = ["archive", "backup", "cloud", "research", "second"]
  static let sources: [PeerName] = ["ct1", "ct2", "mr1", "us1"]
  /// How long a copy stays when it is safe.
  static let retention = Duration.minutes(10)

  static let routes = RouteTable(
    routes: Kind.allCases.compactMap { kind in
      guard let pattern = try? Pattern(kind.rawValue) else { return nil }
      return Route(
        name: kind.rawValue, match: .all([Condition(.attribute(.modality), name: "Modality", patterns: [pattern])]),
        sends: kind.wanted.map { Route.Send(to: $0.to, proof: $0.proof) }, retention: .after(retention))
    })

  init(number: Int, study: Int, kind: Kind, source: PeerName) {
    sop = SOPInstance(classUID: "1.2.840.10008.5.1.4.1.1.7", instanceUID: UID("2.25.5.\(number)"))
    self.study = UID("2.25.6.\(study)")
    digest = Digest(high: 7, low: UInt64(number))
    self.kind = kind
    self.source = source
  }

  /// As the receiver hands it to the ledger, with what the routes say.
  func admission(as id: InstanceID, at now: Timestamp) -> Admission {
    let source = Source(
      callingAE: AETitle(source.rawValue.uppercased()), calledAE: "ESCROW", address: "10.0.0.7", peer: source,
      association: "a")
    let input = RoutingInput(
      source: source, sop: sop, transferSyntax: "1.2.840.10008.1.2.1", attributes: [.modality: [kind.rawValue]])
    return Admission(
      id: id, sop: sop, transferSyntax: "1.2.840.10008.1.2.1",
      attributes: InstanceAttributes(patientID: "P", studyInstanceUID: study, modality: kind.rawValue), source: source,
      receivedAt: now, dataSetLength: 1000, digest: digest, plan: Self.routes.plan(for: input))
  }
}
