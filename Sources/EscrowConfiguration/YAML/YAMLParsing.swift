import Yams

/// One run of the YAML parser over one file.
///
/// The parser gives up at the first key that is in a mapping twice. So that all problems are found at once, the
/// first of the two is made unique where it stands, its name remembered, and the text parsed again.
struct YAMLParsing {
  let file: String
  var source: SourceText
  let loading: Loading
  private var renamed: [Position: String] = [:]

  init(file: String, source: SourceText, loading: Loading) {
    self.file = file
    self.source = source
    self.loading = loading
  }

  /// The document, or nil when there is none; problems are noted.
  mutating func run() -> YAMLNode? {
    while true {
      do {
        return try parseOnce()
      } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) where rename(duplicates, at: context.mark)
      {
        continue
      } catch {
        note(error)
        return nil
      }
    }
  }

  private func parseOnce() throws -> YAMLNode? {
    let parser = try Parser(yaml: source.string, resolver: .basic, encoding: .utf8)
    guard let root = try parser.nextRoot(), root.scalar?.string != "" else {
      loading.error(Position(file: file), "the file is empty")
      return nil
    }
    if let second = try parser.nextRoot() {
      loading.error(position(second.mark), "more than one document in a file; remove `---` and what follows")
    }
    return YAMLBuilder(file: file, source: source, renamed: renamed, loading: loading).node(root)
  }

  /// Changes the first character of a key to one that nobody types; false if that cannot be done.
  private mutating func rename(_ duplicates: [String], at mark: Mark) -> Bool {
    guard let name = duplicates.first, !name.isEmpty, let sign = Unicode.Scalar(0xE000 + UInt32(renamed.count)),
      renamed.count < 1000
    else { return false }
    let isQuoted = source[mark.line, mark.column] == "\"" || source[mark.line, mark.column] == "'"
    source.replace(line: mark.line, column: mark.column + (isQuoted ? 1 : 0), with: sign)
    return renamed.updateValue(name, forKey: position(mark)) == nil
  }

  private func note(_ error: any Error) {
    switch error {
    case YamlError.scanner(let context, let problem, let mark, _),
      YamlError.parser(let context, let problem, let mark, _),
      YamlError.composer(let context, let problem, let mark, _):
      let what = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
      loading.error(position(mark), "not YAML: \(what)\(hint(mark))")
    case YamlError.reader(let problem, let offset, _, let yaml):
      let bytes = yaml.prefix(offset ?? 0).utf8
      let place = SourceText.place(of: bytes.count, in: bytes)
      loading.error(Position(file: file, line: place.line, column: place.column), "not YAML: \(problem)")
    case YamlError.duplicatedKeysInMapping(let duplicates, let context):
      loading.error(position(context.mark), "`\(duplicates.first ?? "")` is given twice")
    default:
      loading.error(Position(file: file), "not YAML: \(error)")
    }
  }

  private func hint(_ mark: Mark) -> String {
    switch source[mark.line, mark.column] {
    case "\t": "; indent with spaces, not with tabs"
    case "*": "; aliases are not allowed, and a text that begins with `*` is put in quotes"
    case "%", "@", "`", "&", "!", "|", ">": "; a text that begins so is put in quotes"
    default: ""
    }
  }

  private func position(_ mark: Mark?) -> Position {
    Position(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
  }
}
