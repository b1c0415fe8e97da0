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

  /// Whether it is one of some attributes.
  func isAmong(_ tags: Set<Tag>) -> Bool {
    if case .attribute(let tag) = self { tags.contains(tag) } else { false }
  }

  /// Whether its values are names of persons.
  fileprivate var isNames: Bool {
    if case .attribute(let tag) = self { DataDictionary.vr(of: tag) == .pn } else { false }
  }
}

/// What is known of one subject of one instance.
struct Fact: Sendable {
  /// As they were read, for people. No values when it is absent or empty; empty ones among several do not count.
  let given: [String]
  /// What patterns are held against: the values with composed characters, and of names of persons also each component
  /// group alone: alphabetic, ideographic, phonetic (PS3.5 §6.2.1).
  let values: [String]
  /// The sender's address, for conditions on ranges.
  var address: IPAddress?

  init(values: [String], areNames: Bool = false) {
    given = values.filter { !$0.isEmpty }
    self.values = given.flatMap { value in
      let text = value.composed
      guard areNames, text.utf8.contains(UInt8(ascii: "=")) else { return [text] }
      return [text] + text.utf8.split(separator: UInt8(ascii: "=")).map { String(Substring($0)) }
    }
  }

  init(_ subject: Subject, of input: RoutingInput) {
    let values =
      switch subject {
      case .callingAE: [input.source.callingAE.rawValue]
      case .calledAE: [input.source.calledAE.rawValue]
      case .sourceAddress: [input.source.address]
      case .sopClass: [input.sop.classUID.rawValue]
      case .transferSyntax: [input.transferSyntax.rawValue]
      case .attribute(let tag): input.attributes[tag] ?? []
      }
    self.init(values: values, areNames: subject.isNames)
    if subject == .sourceAddress { address = IPAddress(input.source.address) }
  }
}
