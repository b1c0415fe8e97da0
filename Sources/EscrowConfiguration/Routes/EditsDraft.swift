import DICOM
import EscrowCore

/// `set`, `remove` and `replace` of an item of `send` while they are read.
struct EditsDraft {
  private(set) var edits: [Edit] = []

  mutating func readSet(_ node: YAMLNode, _ loading: Loading) {
    for entry in node.entries(of: "`set`", loading) ?? [] {
      guard let vr = attribute(entry.key, entry.position, loading) else { continue }
      guard vr.isEditable else {
        loading.error(entry.position, "`\(entry.key)` cannot be set: its VR is \(vr), which is no text and no number")
        continue
      }
      guard let values = entry.value.list(entry.key, .value(of: vr), loading) else { continue }
      guard values.count < 2 || vr.mayHaveSeveralValues else {
        loading.error(entry.value.position, "`\(entry.key)` has one value only (VR \(vr), PS3.5 §6.4), not a list")
        continue
      }
      let text = values.joined(separator: "\\")
      guard vr.accepts(text) else {
        loading.error(entry.value.position, "`\(entry.key)`: `\(text.prefix(80))` is no value of VR \(vr) (PS3.5 §6.2)")
        continue
      }
      add(Edit(entry.key, .set(text)), entry.position, loading)
    }
  }

  mutating func readRemove(_ node: YAMLNode, _ loading: Loading) {
    let keyword = Format<String>("the keyword of an attribute, or a list of them") { $0.isEmpty ? nil : $0 }
    let items = if case .sequence(let items) = node.content { items } else { [node] }
    for item in items {
      guard let name = item.value("remove", keyword, loading), attribute(name, item.position, loading) != nil else {
        continue
      }
      if Self.identifiers.contains(name) {
        loading.error(item.position, "`\(name)` says where an instance belongs; it can be set, not removed")
        continue
      }
      add(Edit(name, .remove), item.position, loading)
    }
  }

  mutating func readReplace(_ node: YAMLNode, _ loading: Loading) {
    for entry in node.entries(of: "`replace`", loading) ?? [] {
      guard let vr = attribute(entry.key, entry.position, loading) else { continue }
      guard vr.isText else {
        loading.error(entry.position, "`\(entry.key)` has no text to replace (its VR is \(vr))")
        continue
      }
      var draft = ReplacementDraft()
      entry.value.read(into: &draft, ReplacementDraft.schema, of: "a replacement", loading)
      guard let change = draft.change(entry.value, vr, loading) else { continue }
      add(Edit(entry.key, change), entry.position, loading)
    }
  }

  private mutating func add(_ edit: Edit, _ place: Position, _ loading: Loading) {
    if edits.contains(where: { $0.tag == edit.tag }) {
      loading.error(place, "`\(edit.keyword)` is already edited in this item")
    }
    edits.append(edit)
  }

  /// The VR of an attribute that may be edited.
  private func attribute(_ keyword: String, _ place: Position, _ loading: Loading) -> VR? {
    guard let tag = DataDictionary.tag(keyword: keyword), let vr = DataDictionary.vr(of: tag) else {
      let near = Suggestion.text(for: keyword, among: DataDictionary.keywords.sorted())
      loading.error(place, "`\(keyword)` is no keyword of PS3.6\(near)")
      return nil
    }
    if let reason = Self.reason(against: tag) {
      loading.error(place, "`\(keyword)` cannot be edited: \(reason)")
      return nil
    }
    return vr
  }

  /// Study and series: every instance is of one.
  private static let identifiers: Set<String> = ["StudyInstanceUID", "SeriesInstanceUID"]

  private static func reason(against tag: Tag) -> String? {
    switch (tag.group, tag.element) {
    case (...0x0007, _): "it is not part of the data set"
    case (0x0008, 0x0016), (0x0008, 0x0018):
      "it names the instance, and storage commitment would speak of another one"
    case (0x0008, 0x0005): "it says how all other texts are to be read"
    case (_, 0): "it is a length"
    case (0x0028, ...0x0012), (0x0028, 0x0100...0x0103), (0x7FE0..., _): "the pixel data would be read wrongly"
    default: nil
    }
  }
}

extension VR {
  /// Whether an attribute of this VR can have more than one value (PS3.5 §6.4); numbers in bytes need no separator.
  fileprivate var mayHaveSeveralValues: Bool { isMultiValued || !isText }
}

extension Format where Value == String {
  /// One value of an attribute.
  fileprivate static func value(of vr: VR) -> Format {
    Format("a text, or a list of texts") { text throws(Misfit) in
      guard vr.mayHaveSeveralValues, text.contains("\\") else { return text }
      throw Misfit("a backslash separates values (PS3.5 §6.4); write several as a list: `[A, B]`")
    }
  }
}

/// One entry of `replace` while it is read.
private struct ReplacementDraft {
  var match: String?
  var with: String?

  static var schema: Schema<ReplacementDraft> {
    Schema([
      .value("match", \.match, Format("a regular expression such as `/^0+/`") { $0 }).required,
      .value("with", \.with, Format("a text") { $0 }).required,
    ])
  }

  func change(_ node: YAMLNode, _ vr: VR, _ loading: Loading) -> Edit.Change? {
    guard let match, let with else { return nil }
    let place = node["match"]?.position ?? node.position
    do {
      guard case .expression(let expression) = try Pattern(match).test, !match.hasPrefix("!") else {
        loading.error(place, "`match` must be a regular expression such as `/^0+/`, not `\(match)`")
        return nil
      }
      // What a group finds has none, since each value is looked at alone.
      let separator = vr.isMultiValued && with.contains("\\") ? "a backslash separates values (PS3.5 §6.4)" : nil
      if let problem = separator ?? expression.problem(ofReplacement: with) {
        loading.error(node["with"]?.position ?? node.position, "`with`: \(problem)")
        return nil
      }
      return .replace(pattern: expression.source, ignoresCase: expression.ignoresCase, by: with)
    } catch {
      loading.error(place, "`match`: \(error)")
      return nil
    }
  }
}
