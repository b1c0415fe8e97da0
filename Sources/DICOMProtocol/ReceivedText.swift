import DICOM
import NIOCore

extension ByteBuffer {
  /// Everything readable as a text without its padding: trailing NULs and spaces.
  var text: String { withUnsafeReadableBytes { String(received: $0) } }

  /// Everything readable as a UID without its padding.
  var uid: UID { UID(text) }

  /// Reads a text of `length` bytes without its padding.
  mutating func readText(length: Int) -> String? { readSlice(length: length)?.text }
}

extension String {
  /// The ISO 646 text in `bytes` without trailing NULs and spaces. Other bytes become the Latin-1 characters of
  /// their values, so that different bytes never make equal strings.
  fileprivate init(received bytes: UnsafeRawBufferPointer) {
    let end = bytes.lastIndex { $0 != 0x00 && $0 != 0x20 }.map { $0 + 1 } ?? 0
    let text = bytes[..<end]
    if text.allSatisfy({ $0 < 0x80 }) {
      self.init(decoding: text, as: UTF8.self)
    } else {
      self.init(String.UnicodeScalarView(text.lazy.map { Unicode.Scalar($0) }))
    }
  }

  /// The bytes that this was read from; what has none becomes `?`.
  var received: [UInt8] {
    utf8.allSatisfy { $0 < 0x80 }
      ? Array(utf8) : unicodeScalars.map { UInt8(exactly: $0.value) ?? UInt8(ascii: "?") }
  }
}
