/// How the text of a scalar becomes a value, and what to tell people when it does not.
struct Format<Value> {
  /// Completes "must be …".
  let expected: String
  /// Nil when the text is not as expected; throws when there is more to say.
  let parse: (String) throws(Misfit) -> Value?

  init(_ expected: String, parse: @escaping (String) throws(Misfit) -> Value?) {
    self.expected = expected
    self.parse = parse
  }
}

/// What is wrong with a text, in words of its own.
struct Misfit: Error {
  let text: String

  init(_ text: String) { self.text = text }

  static func notYet(_ what: String) -> Misfit { Misfit("`\(what)` is not supported yet") }
}

extension Format where Value == String {
  static var text: Format { Format("a text") { $0.isEmpty ? nil : $0 } }
}

extension Format where Value == Bool {
  /// Only `true` and `false`: YAML's `yes`, `on` and the like are texts here.
  static var boolean: Format {
    Format("`true` or `false`") { $0 == "true" ? true : $0 == "false" ? false : nil }
  }
}

extension Format where Value == Int {
  static func integer(_ range: ClosedRange<Int>) -> Format {
    Format("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
      digits(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  /// A port that somebody listens on.
  static var port: Format { integer(1...65535) }

  /// A port to listen on; 0 lets the system choose a free one.
  static var listeningPort: Format { integer(0...65535) }
}

extension Format where Value: RawRepresentable<String> & CaseIterable {
  /// One of the type's cases, without those that do not work yet.
  static func choice(notYet: Set<Value> = []) -> Format where Value: Hashable {
    let names = Value.allCases.filter { !notYet.contains($0) }.map(\.rawValue)
    return Format("one of \(quoted(names))") { text throws(Misfit) in
      guard let value = Value(rawValue: text) else { return nil }
      if notYet.contains(value) { throw .notYet(text) }
      return value
    }
  }
}

/// A number written with digits only.
func digits(_ text: some StringProtocol) -> Int? {
  text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
}

/// Names for people: `` `a`, `b`, `c` ``.
func quoted(_ names: some Sequence<String>) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }
