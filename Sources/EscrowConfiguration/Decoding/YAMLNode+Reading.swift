extension YAMLNode {
  /// Reads this mapping into `target`; what the schema does not know, and what it misses, is noted.
  func read<Target>(into target: inout Target, _ schema: Schema<Target>, of what: String, _ loading: Loading) {
    guard let entries = entries(of: what, loading) else { return }
    for entry in entries {
      if let key = schema.keys.first(where: { $0.name == entry.key }) {
        key.read(entry.value, &target, loading)
      } else if schema.notYet.contains(entry.key) {
        loading.error(entry.position, "`\(entry.key)` is not supported yet; remove it")
      } else {
        loading.error(entry.position, "`\(entry.key)` is no key of \(what)\(schema.suggestion(for: entry.key))")
      }
    }
    for key in schema.keys where key.isRequired && !entries.contains(where: { $0.key == key.name }) {
      loading.error(position, "`\(key.name)` is missing in \(what)")
    }
  }

  /// The keys and values of a mapping; anything else is noted.
  func entries(of what: String, _ loading: Loading) -> [Entry]? {
    if case .mapping(let entries) = content { return entries }
    mismatch(what, "a mapping (`key: value`)", loading)
    return nil
  }

  /// A scalar's value; anything that does not fit is noted.
  func value<Value>(_ name: String, _ format: Format<Value>, _ loading: Loading) -> Value? {
    guard case .scalar(let text) = content else {
      mismatch("`\(name)`", format.expected, loading)
      return nil
    }
    do {
      if let value = try format.parse(text) { return value }
      mismatch("`\(name)`", format.expected, loading)
    } catch {
      loading.error(position, "`\(name)`: \(error.text)")
    }
    return nil
  }

  /// The values of a list, or of one scalar; those that do not fit are noted and left out.
  func list<Value>(
    _ name: String, _ format: Format<Value>, mayBeEmpty: Bool = false, _ loading: Loading
  ) -> [Value]? {
    guard case .sequence(let items) = content else { return value(name, format, loading).map { [$0] } }
    if items.isEmpty, !mayBeEmpty {
      loading.error(position, "`\(name)` must not be empty; remove it, or say \(format.expected)")
      return nil
    }
    return items.compactMap { $0.value(name, format, loading) }
  }

  /// Notes that this is not what is expected of `name`.
  func mismatch(_ name: String, _ expected: String, _ loading: Loading) {
    if case .refused = content { return }
    loading.error(position, "\(name) must be \(expected), not \(description)")
  }

  private var description: String {
    switch content {
    case .scalar(""): "empty"
    case .scalar(let text): "`\(text.prefix(80))`"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .refused: "refused"
    }
  }
}
