import DICOM
import EscrowCore

extension Tag {
  static let modality = Tag(0x0008, 0x0060)
  static let studyDescription = Tag(0x0008, 0x1030)
  static let imageType = Tag(0x0008, 0x0008)
}

extension RoutingInput {
  /// A CT image from `CT1` at 10.0.0.7 to `ESCROW`.
  static func ct(
    callingAE: AETitle = "CT1", address: String = "10.0.0.7", attributes: [Tag: [String]] = [.modality: ["CT"]],
    unreadable: Bool = false
  ) -> RoutingInput {
    RoutingInput(
      source: Source(callingAE: callingAE, calledAE: "ESCROW", address: address, peer: nil, association: "a1"),
      sop: SOPInstance(classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: "1.2.3"),
      transferSyntax: "1.2.840.10008.1.2.1", attributes: attributes, unreadable: unreadable)
  }
}

extension Condition {
  init(_ subject: Subject, _ texts: String...) throws {
    self.init(subject, name: "\(subject)", patterns: try texts.map { try Pattern($0) })
  }
}

extension Route {
  init(
    _ name: String, _ conditions: [Condition] = [], to sends: Send..., hold: String? = nil,
    retention: Retention = .standard, acceptDiscarded: Bool = false
  ) {
    self.init(
      name: name, match: .all(conditions), sends: sends, hold: hold, retention: retention,
      acceptDiscarded: acceptDiscarded)
  }

  static func otherwise(_ name: String, to destination: PeerName) -> Route {
    Route(name: name, match: .otherwise, sends: [Send(to: destination, proof: .response)])
  }
}
