import Foundation

extension JSONValue {
  /// What it is, in words that complete "must not be …".
  fileprivate var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int, .double: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }

  /// The value that a decoder was at; nil when it is not there.
  fileprivate func at(_ path: some Collection<any CodingKey>) -> JSONValue? {
    guard let key = path.first else { return self }
    let inner = key.intValue.flatMap { index in items.flatMap { $0.indices.contains(index) ? $0[index] : nil } }
    return (inner ?? self[key.stringValue])?.at(path.dropFirst())
  }
}

extension DecodingError {
  /// What is wrong with a request's body, and where, in words for who wrote it.
  func explanation(of body: Data) -> String {
    switch self {
    case .keyNotFound(let key, let context): "\((context.codingPath + [key]).name) is missing"
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      "\(context.codingPath.name) must be \(Self.words(for: type)), not "
        + (JSONValue(body)?.at(context.codingPath)?.kind ?? "null")
    case .dataCorrupted(let context): Self.explanation(of: body, context)
    @unknown default: "the body is not what is expected: \(self)"
    }
  }

  /// Of no JSON, the parser's words, which name the place; a number that does not fit is called so by the decoder, too.
  private static func explanation(of body: Data, _ context: Context) -> String {
    do {
      _ = try JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed)
      guard context.codingPath.isEmpty else { return "\(context.codingPath.name): \(context.debugDescription)" }
      return "a number in the body is too large, or no whole number where one is needed"
    } catch {
      let text = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "\(error)"
      return "the body is no JSON: \(text)"
    }
  }

  private static func words(for type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case _ where "\(type)".hasPrefix("Array<"): "a list"
    default: "an object"
    }
  }
}

extension [any CodingKey] {
  /// `filter.to[1]`; the body itself has no name of its own.
  fileprivate var name: String {
    guard !isEmpty else { return "the body" }
    return reduce("") { text, key in
      key.intValue.map { "\(text)[\($0)]" } ?? (text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)")
    }
  }
}
