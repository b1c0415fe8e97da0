/// The tag of a data element: group and element number (PS3.5 §7.1).
public struct Tag: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Group in the upper, element in the lower 16 bits, so that tags sort as the standard orders them.
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public init(_ group: UInt16, _ element: UInt16) { rawValue = UInt32(group) << 16 | UInt32(element) }

  public var group: UInt16 { UInt16(rawValue >> 16) }
  public var element: UInt16 { UInt16(truncatingIfNeeded: rawValue) }

  /// Whether the group is odd, which makes the element a private one (PS3.5 §7.8).
  public var isPrivate: Bool { group & 1 == 1 }

  public static func < (left: Tag, right: Tag) -> Bool { left.rawValue < right.rawValue }

  /// `(gggg,eeee)` in upper-case hexadecimal.
  public var description: String { "(\(Tag.hex(group)),\(Tag.hex(element)))" }

  private static func hex(_ value: UInt16) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}
