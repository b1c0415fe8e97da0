/// One key of a mapping: its name, and what its value does to the target.
struct Key<Target> {
  let name: String
  var isRequired = false
  let read: (YAMLNode, inout Target, Loading) -> Void

  init(_ name: String, read: @escaping (YAMLNode, inout Target, Loading) -> Void) {
    self.name = name
    self.read = read
  }

  /// The same key, which must be given.
  var required: Key {
    var key = self
    key.isRequired = true
    return key
  }
}

extension Key {
  /// A scalar.
  static func value<Value>(_ name: String, _ path: WritableKeyPath<Target, Value>, _ format: Format<Value>) -> Key {
    Key(name) { node, target, loading in
      if let value = node.value(name, format, loading) { target[keyPath: path] = value }
    }
  }

  /// A scalar that has no default.
  static func value<Value>(_ name: String, _ path: WritableKeyPath<Target, Value?>, _ format: Format<Value>) -> Key {
    Key(name) { node, target, loading in
      if let value = node.value(name, format, loading) { target[keyPath: path] = value }
    }
  }

  /// A list; one scalar stands for a list of one.
  static func list<Value>(
    _ name: String, _ path: WritableKeyPath<Target, [Value]>, _ format: Format<Value>, mayBeEmpty: Bool = false
  ) -> Key {
    Key(name) { node, target, loading in
      if let values = node.list(name, format, mayBeEmpty: mayBeEmpty, loading) { target[keyPath: path] = values }
    }
  }

  /// A list that has no default.
  static func list<Value>(
    _ name: String, _ path: WritableKeyPath<Target, [Value]?>, _ format: Format<Value>
  ) -> Key {
    Key(name) { node, target, loading in
      if let values = node.list(name, format, loading) { target[keyPath: path] = values }
    }
  }

  /// A list in which order and repetition mean nothing.
  static func set<Value>(_ name: String, _ path: WritableKeyPath<Target, Set<Value>>, _ format: Format<Value>) -> Key {
    Key(name) { node, target, loading in
      if let values = node.list(name, format, mayBeEmpty: true, loading) { target[keyPath: path] = Set(values) }
    }
  }

  /// A mapping with keys of its own.
  static func section<Part>(_ name: String, _ path: WritableKeyPath<Target, Part>, _ schema: Schema<Part>) -> Key {
    Key(name) { node, target, loading in node.read(into: &target[keyPath: path], schema, of: "`\(name)`", loading) }
  }

  /// A mapping whose keys belong to this target too.
  static func group(_ name: String, _ schema: Schema<Target>) -> Key {
    Key(name) { node, target, loading in node.read(into: &target, schema, of: "`\(name)`", loading) }
  }
}
