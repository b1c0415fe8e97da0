/// A part of a YAML file with its place. Scalars are text; what they mean is decided by the key they belong to.
struct YAMLNode {
  let position: Position
  let content: Content

  enum Content {
    case scalar(String)
    case sequence([YAMLNode])
    case mapping([Entry])
    /// Something that a configuration may not have, which is noted already.
    case refused
  }

  /// One key of a mapping; keys are unique.
  struct Entry {
    let key: String
    let position: Position
    let value: YAMLNode
  }

  /// The value of `key`, if this is a mapping that has it.
  subscript(key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }
}

/// What is written is compared, not where.
extension YAMLNode: Equatable {
  static func == (left: YAMLNode, right: YAMLNode) -> Bool { left.content == right.content }
}

extension YAMLNode.Content: Equatable {}

extension YAMLNode.Entry: Equatable {
  static func == (left: YAMLNode.Entry, right: YAMLNode.Entry) -> Bool {
    left.key == right.key && left.value == right.value
  }
}
