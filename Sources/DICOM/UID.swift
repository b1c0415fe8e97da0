/// A unique identifier as it came: dotted digits, without padding (PS3.5 §9.1).
///
/// Values from the network are kept as received, also when they break the standard's rules, so that an
/// instance can be named exactly as its sender names it. Ask ``isValid`` before trusting one, compare as a
/// whole string, and never build a file name from one.
public struct UID: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }
  public init(_ value: String) { self.rawValue = value }
  public init(stringLiteral value: String) { self.rawValue = value }

  public var description: String { rawValue }

  /// Whether this is 1 to 64 characters of `[0-9.]` with a digit at the start and no empty component.
  ///
  /// Leading zeros in a component are wrong by PS3.5 §9.1 but common, so they are let through.
  public var isValid: Bool {
    let bytes = rawValue.utf8
    guard (1...64).contains(bytes.count) else { return false }
    var previousIsDigit = false
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): previousIsDigit = true
      case UInt8(ascii: "."):
        guard previousIsDigit else { return false }
        previousIsDigit = false
      default: return false
      }
    }
    return previousIsDigit
  }
}
