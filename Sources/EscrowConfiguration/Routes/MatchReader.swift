import DICOM
import EscrowCore

/// Reads `match` of a route file.
struct MatchReader {
  let loading: Loading

  init(_ loading: Loading) { self.loading = loading }

  func match(_ node: YAMLNode) -> Route.Match? {
    if case .scalar("otherwise") = node.content { return .otherwise }
    guard case .mapping(let entries) = node.content else {
      node.mismatch("`match`", "a mapping of attributes to patterns, or `otherwise`", loading)
      return nil
    }
    return .all(entries.compactMap(condition))
  }

  private func condition(_ entry: YAMLNode.Entry) -> Condition? {
    guard let subject = subject(entry) else { return nil }
    let format = Format<Pattern>("a text, or a list of texts") { text throws(Misfit) in
      try subject.pattern(text)
    }
    return entry.value.list(entry.key, format, loading).map { Condition(subject, name: entry.key, patterns: $0) }
  }

  private func subject(_ entry: YAMLNode.Entry) -> Subject? {
    if let subject = Subject.ofAssociation[entry.key] { return subject }
    guard let tag = DataDictionary.tag(keyword: entry.key) else {
      let near = Suggestion.text(
        for: entry.key, among: Subject.ofAssociation.keys.sorted() + DataDictionary.keywords.sorted())
      loading.error(entry.position, "`\(entry.key)` is neither a keyword of PS3.6 nor one of \(Subject.names)\(near)")
      return nil
    }
    if tag.group <= 2 {
      loading.error(entry.position, "`\(entry.key)` is not part of a data set; use `SOPClass` or `TransferSyntax`")
      return nil
    }
    if tag.group >= Tag.pixelData.group {
      loading.error(entry.position, "`\(entry.key)` is not looked at: routes read what is in front of the pixels")
      return nil
    }
    return .attribute(tag)
  }
}

extension Subject {
  /// The keys that are no attributes.
  fileprivate static let ofAssociation: [String: Subject] = [
    "callingAE": .callingAE, "calledAE": .calledAE, "sourceAddress": .sourceAddress, "SOPClass": .sopClass,
    "TransferSyntax": .transferSyntax,
  ]

  /// Sequences and bulk data.
  fileprivate static let withoutText: Set<VR> = [.sq, .ob, .od, .of, .ol, .ov, .ow, .un]

  /// The VR of an attribute that is a sequence or bulk data.
  private var vrWithoutText: VR? {
    guard case .attribute(let tag) = self, let vr = DataDictionary.vr(of: tag), Subject.withoutText.contains(vr) else {
      return nil
    }
    return vr
  }

  /// How its values are put in order; nil if they are not.
  private var scale: Scale? {
    if case .attribute(let tag) = self { DataDictionary.vr(of: tag).flatMap(Scale.init) } else { nil }
  }

  fileprivate static var names: String { quoted(ofAssociation.keys.sorted()) }

  /// The pattern that `text` is for this subject: names become what they stand for.
  fileprivate func pattern(_ text: String) throws(Misfit) -> Pattern {
    do {
      var pattern = try Pattern(text, on: scale)
      if let vr = vrWithoutText, !["*", "!*"].contains(text) {
        throw Misfit(
          "it has no text to match (its VR is \(vr)); \"*\" asks whether it is there, \"!*\" whether it is not")
      }
      if case .exact(let exact) = pattern.test { pattern.test = try test(exact) }
      return pattern
    } catch let error as Pattern.Invalid {
      throw Misfit("\(error)")
    } catch let error as Misfit {
      throw error
    } catch {
      throw Misfit("\(error)")
    }
  }

  private func test(_ text: String) throws(Misfit) -> Pattern.Test {
    switch self {
    case .attribute: return .exact(text)
    case .callingAE, .calledAE:
      if AETitle(text).isValid { return .exact(AETitle(text).rawValue) }
      throw Misfit("`\(text)` is no AE title: 1 to 16 printable ASCII characters")
    case .sourceAddress:
      if let range = AddressRange(text) { return .addresses(range) }
      if text == "http" { return .exact(text) }
      throw Misfit("`\(text)` is no IP address, no range such as `10.0.0.0/24`, and not `http`")
    case .sopClass: return .exact(try uid(text, SOPClass.named(text), "SOP class"))
    case .transferSyntax: return .exact(try uid(text, TransferSyntax.named(text)?.uid, "transfer syntax"))
    }
  }

  private func uid(_ text: String, _ uid: UID?, _ what: String) throws(Misfit) -> String {
    if let uid { return uid.rawValue }
    throw Misfit("`\(text)` is neither the keyword of a \(what) in PS3.6 nor a UID of one")
  }
}
