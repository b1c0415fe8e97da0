import NIOCore

extension ByteBuffer {
  /// Bytes from pairs of hexadecimal digits and quoted ASCII, separated by white space: `07 00 "text" 00`.
  init(hex text: String) {
    self.init()
    for (index, part) in text.split(separator: "\"", omittingEmptySubsequences: false).enumerated() {
      if index % 2 == 1 {
        writeString(String(part))
      } else {
        for pair in part.split(whereSeparator: \.isWhitespace) {
          guard let byte = UInt8(pair, radix: 16) else { preconditionFailure("not a byte: \(pair)") }
          writeInteger(byte)
        }
      }
    }
  }

  var array: [UInt8] { Array(readableBytesView) }
}

/// Puts PDUs together byte by byte, also such as the encoder would never write.
enum Raw {
  static func pdu(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
    [type, 0] + bytes(UInt32(body.count)) + body
  }

  static func item(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
    [type, 0] + bytes(UInt16(body.count)) + body
  }

  static func text(_ type: UInt8, _ text: String) -> [UInt8] { item(type, Array(text.utf8)) }

  /// The 68 bytes before the items of an A-ASSOCIATE PDU.
  static func fixedPart(version: UInt16 = 1, called: String = "ROUTER", calling: String = "MODALITY") -> [UInt8] {
    bytes(version) + [0, 0] + title(called) + title(calling) + [UInt8](repeating: 0, count: 32)
  }

  static func associate(_ type: UInt8 = 0x01, version: UInt16 = 1, items: [UInt8]) -> [UInt8] {
    pdu(type, fixedPart(version: version) + items)
  }

  static let applicationContext = text(0x10, "1.2.840.10008.3.1.1.1")

  /// A presentation context for Verification in Implicit VR Little Endian.
  static func context(_ id: UInt8) -> [UInt8] {
    item(0x20, [id, 0, 0, 0] + text(0x30, "1.2.840.10008.1.1") + text(0x40, "1.2.840.10008.1.2"))
  }

  /// Sub-items as a well-formed request around them.
  static func request(userInformation: [UInt8]) -> [UInt8] {
    associate(items: applicationContext + context(1) + item(0x50, userInformation))
  }

  static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }

  private static func title(_ text: String) -> [UInt8] {
    Array((text + String(repeating: " ", count: 16 - text.count)).utf8)
  }
}
