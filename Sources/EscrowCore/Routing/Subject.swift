package import DICOM

/// What a condition looks at.
package enum Subject: Hashable, Sendable {
  case callingAE
  case calledAE
  case sourceAddress
  case sopClass
  case transferSyntax
  case attribute(Tag)

  /// Whether the association tells it (A-ASSOCIATE-RQ, presentation context, command set), so that it is known of
  /// an instance whose header cannot be read.
  package var isOfAssociation: Bool {
    if case .attribute = self { false } else { true }
  }
}

/// What is known of one subject of one instance.
struct Fact: Sendable {
  /// No values when it is absent or empty; empty ones among several do not count.
  var values: [String]
  /// The sender's address, for conditions on ranges.
  var address: IPAddress?

  init(values: [String]) { self.values = values }

  init(_ subject: Subject, of input: RoutingInput) {
    values =
      switch subject {
      case .callingAE: [input.source.callingAE.rawValue]
      case .calledAE: [input.source.calledAE.rawValue]
      case .sourceAddress: [input.source.address]
      case .sopClass: [input.sop.classUID.rawValue]
      case .transferSyntax: [input.transferSyntax.rawValue]
      case .attribute(let tag): input.attributes[tag] ?? []
      }
    values.removeAll(where: \.isEmpty)
    if subject == .sourceAddress { address = IPAddress(input.source.address) }
  }
}
