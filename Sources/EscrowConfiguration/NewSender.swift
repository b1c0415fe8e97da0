package import DICOM
package import EscrowCore

/// A peer that is to be written into a configuration file: somebody who may echo and store from one address.
package struct NewSender: Sendable, Equatable {
  package let name: PeerName
  package let aeTitle: AETitle
  package let address: IPAddress

  package init(_ name: PeerName, aeTitle: AETitle, address: IPAddress) {
    self.name = name
    self.aeTitle = aeTitle
    self.address = address
  }

  /// The name that an AE title is given when none is asked for: in small letters, of what names are made of.
  package static func name(for aeTitle: AETitle) -> PeerName {
    let letters = aeTitle.rawValue.lowercased().map { Naming.isName(String($0)) ? $0 : "-" }
    return PeerName(String(letters))
  }

  /// Its line below `peers`.
  package var entry: String {
    let title = aeTitle.rawValue.replacing("\"", with: "\\\"")
    return "\(name): { aeTitle: \(quoted(title)), addresses: [\(quoted("\(address)"))], allow: [echo, store] }"
  }

  /// In quotes, if YAML might take it for something else.
  private func quoted(_ text: String) -> String {
    let isPlain = text.first?.isLetter ?? false || text.first?.isNumber ?? false
    let isWord = text.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
    return isPlain && isWord ? text : "\"\(text)\""
  }
}

extension ConfigurationLoader {
  /// The text of `file` with a further peer, everything else as it is, comments too.
  ///
  /// - Parameter environment: where `${NAME}` in secrets is looked up.
  /// - Throws: what would be wrong with the file then and is not yet.
  package static func text(
    of file: String, with sender: NewSender, environment: [String: String]
  ) throws(ConfigurationError) -> String {
    let (root, text) = try read(file)
    let position = root["peers"]?.position ?? root.position
    if let taken = root["peers"]?.entry(sender.name.rawValue) {
      throw ConfigurationError(.error, at: taken.position, "peer `\(sender.name)` is here already; give another name")
    }
    guard let changed = root.adding(sender.entry, to: text),
      let after = YAMLDocument.parse(Array(changed.utf8), file: file, Loading(folder: "", environment: [:])),
      after.hasSameContent(as: root, except: sender.name.rawValue)
    else {
      throw ConfigurationError(.error, at: position, "write this line below `peers` yourself: \(sender.entry)")
    }
    let known = Set(problems(of: file, holding: text, environment).map(\.text))
    let new = problems(of: file, holding: changed, environment).filter { !known.contains($0.text) }
    guard new.isEmpty else { throw ConfigurationError(problems: new) }
    return changed
  }

  private static func read(_ file: String) throws(ConfigurationError) -> (root: YAMLNode, text: String) {
    let loading = Loading(folder: folder(of: file), environment: [:])
    guard let root = YAMLDocument.read(file: file, loading), loading.errors.isEmpty else {
      throw ConfigurationError(problems: loading.errors)
    }
    do {
      return (root, String(decoding: try loading.contents(of: file), as: UTF8.self))
    } catch { throw ConfigurationError(.error, at: Position(wholeFile: file), "cannot be read: \(error)") }
  }

  private static func problems(
    of file: String, holding text: String, _ environment: [String: String]
  ) -> [Problem] {
    do throws(ConfigurationError) {
      _ = try load(file: file, environment: environment, draft: FileDraft(file: file, text: text))
      return []
    } catch { return error.problems }
  }
}

extension ConfigurationError {
  fileprivate init(_ severity: Problem.Severity, at position: Position, _ text: String) {
    self.init(problems: [Problem(severity, at: position, text)])
  }
}

extension YAMLNode {
  /// The text that this was read from with an entry in its mapping `peers`; nil where that cannot be done.
  fileprivate func adding(_ entry: String, to text: String) -> String? {
    let lineEnd = text.contains("\r\n") ? "\r\n" : "\n"
    let mark: Unicode.Scalar = "\u{FEFF}"
    let source = SourceText(String(text.unicodeScalars.drop { $0 == mark }))
    let prefix = text.unicodeScalars.first == mark ? String(mark) : ""
    guard let peers = self.entry("peers") else {
      let isEnded = text.unicodeScalars.last == "\n"
      return text + (isEnded ? "" : lineEnd) + lineEnd + "peers:" + lineEnd + "  " + entry + lineEnd
    }
    switch peers.value.content {
    case .mapping(let entries) where source[peers.value.position.line, peers.value.position.column] == "{":
      let place = peers.value.position
      let isSpaced = source[place.line, place.column + 1].map { $0.properties.isWhitespace } ?? true
      let end = (entries.isEmpty ? "" : ",") + (isSpaced ? "" : " ")
      return prefix + source.inserting(" \(entry)\(end)", line: place.line, column: place.column + 1)
    case .mapping(let entries):
      let indent = String(repeating: " ", count: (entries.first?.position.column ?? 3) - 1)
      return prefix + source.inserting(indent + entry + lineEnd, line: peers.position.line + 1, column: 1)
    case .scalar(""):
      return prefix + source.inserting("  " + entry + lineEnd, line: peers.position.line + 1, column: 1)
    default: return nil
    }
  }

  fileprivate func entry(_ key: String) -> Entry? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }
  }

  /// Whether this holds what `other` does, but for the peer `name`.
  fileprivate func hasSameContent(as other: YAMLNode, except name: String) -> Bool {
    guard case .mapping(let mine) = content, case .mapping(let theirs) = other.content else { return false }
    let rest = { (entries: [Entry]) in entries.filter { $0.key != "peers" } }
    let peers = { (node: YAMLNode) in node["peers"].flatMap { $0.entries } ?? [] }
    return rest(mine) == rest(theirs) && peers(self).contains { $0.key == name }
      && peers(self).filter { $0.key != name } == peers(other)
  }

  private var entries: [Entry]? { if case .mapping(let entries) = content { entries } else { nil } }
}
