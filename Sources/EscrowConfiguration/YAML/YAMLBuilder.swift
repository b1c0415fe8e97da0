import Yams

/// Turns the parser's tree into ours and notes what YAML allows but a configuration should not have.
struct YAMLBuilder {
  let file: String
  let source: SourceText
  /// Keys whose first character was changed, with their real names.
  let renamed: [Position: String]
  let loading: Loading

  func node(_ node: Node) -> YAMLNode {
    let position = position(of: node)
    if isDecorated(position) { return YAMLNode(position: position, content: .refused) }
    return YAMLNode(position: position, content: content(of: node))
  }

  private func content(of node: Node) -> YAMLNode.Content {
    switch node {
    case .scalar(let scalar): .scalar(scalar.string)
    case .sequence(let sequence): .sequence(sequence.map(self.node))
    case .mapping(let mapping): .mapping(entries(of: mapping))
    case .alias: .refused
    }
  }

  private func entries(of mapping: Node.Mapping) -> [YAMLNode.Entry] {
    var firstLines: [String: Int] = [:]
    return mapping.compactMap { key, value in
      let position = position(of: key)
      let value = node(value)
      guard let name = name(of: key, at: position) else { return nil }
      if let line = firstLines[name] {
        loading.error(position, "`\(name)` is given twice, first in line \(line)")
        return nil
      }
      firstLines[name] = position.line
      return YAMLNode.Entry(key: name, position: position, value: value)
    }
  }

  private func name(of key: Node, at position: Position) -> String? {
    if isDecorated(position) { return nil }
    guard let scalar = key.scalar else {
      loading.error(position, "a key must be a text")
      return nil
    }
    if scalar.string == "<<" {
      loading.error(position, "merge keys are not allowed; write the keys out")
      return nil
    }
    return renamed[position] ?? scalar.string
  }

  /// Notes a tag or an anchor. What follows it is not looked at: an anchor's content may be anywhere, many times.
  private func isDecorated(_ position: Position) -> Bool {
    switch source[position.line, position.column] {
    case "!": loading.error(position, "YAML tags are not allowed; a text that begins with `!` is put in quotes")
    case "&": loading.error(position, "anchors and aliases are not allowed; write it out, or put the text in quotes")
    default: return false
    }
    return true
  }

  private func position(of node: Node) -> Position {
    Position(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
  }
}
