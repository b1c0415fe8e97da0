extension InstanceID {
  /// A new UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random bits.
  package static func new(at now: Timestamp) -> InstanceID {
    var generator = SystemRandomNumberGenerator()
    return new(at: now, using: &generator)
  }

  /// What all ids that are given at `moment` or later follow in their order, and all earlier ones do not.
  package static func before(_ moment: Timestamp) -> InstanceID {
    let milliseconds = UInt64(max(0, moment.microseconds / 1000)) & 0xFFFF_FFFF_FFFF
    let digits = String(hex(milliseconds).suffix(12))
    return InstanceID(rawValue: "\(digits.prefix(8))-\(digits.suffix(4))-0000-0000-000000000000")
  }

  /// As ``new(at:)`` with the random bits from `generator`, for reproducible runs.
  package static func new(at now: Timestamp, using generator: inout some RandomNumberGenerator) -> InstanceID {
    let milliseconds = UInt64(max(0, now.microseconds / 1000)) & 0xFFFF_FFFF_FFFF
    let high = milliseconds << 16 | 0x7000 | generator.next() & 0x0FFF
    let low = 0x8000_0000_0000_0000 | generator.next() & 0x3FFF_FFFF_FFFF_FFFF
    let digits = hex(high) + hex(low)
    var text = ""
    text.reserveCapacity(36)
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append("-") }
      text.append(digit)
    }
    return InstanceID(rawValue: text)
  }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Whether this has the form of a UUID in lower-case canonical form, the only form that may name a file.
  package var isWellFormed: Bool {
    var length = 0
    for byte in rawValue.utf8 {
      switch length {
      case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return false }
      default:
        guard
          (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        else { return false }
      }
      length += 1
    }
    return length == 36
  }
}
