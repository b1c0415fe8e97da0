/// An application entity title: 1 to 16 characters, compared case-sensitively after trimming (PS3.8 §9.3.2).
///
/// It is a label that anybody can send, never an identity and never a part of a path.
public struct AETitle: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  public let rawValue: String

  /// Trims leading and trailing spaces and NULs, which are not significant.
  public init(rawValue: String) {
    var text = Substring(rawValue)
    while let last = text.last, last == " " || last == "\0" { text.removeLast() }
    while let first = text.first, first == " " || first == "\0" { text.removeFirst() }
    self.rawValue = String(text)
  }

  public init(_ value: String) { self.init(rawValue: value) }
  public init(stringLiteral value: String) { self.init(rawValue: value) }

  public var description: String { rawValue }

  /// Whether this is 1 to 16 printable ASCII characters without a backslash.
  public var isValid: Bool {
    (1...16).contains(rawValue.utf8.count)
      && rawValue.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }
  }
}
