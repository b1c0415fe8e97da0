/// How element headers and numbers are written: the part of a transfer syntax that matters below pixel data.
struct ElementEncoding: Hashable, Sendable {
  var isExplicitVR: Bool
  var isBigEndian: Bool

  static let implicitLittleEndian = ElementEncoding(isExplicitVR: false, isBigEndian: false)
  static let explicitLittleEndian = ElementEncoding(isExplicitVR: true, isBigEndian: false)
  static let explicitBigEndian = ElementEncoding(isExplicitVR: true, isBigEndian: true)

  func uint16(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt16 {
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
    return isBigEndian ? UInt16(bigEndian: value) : UInt16(littleEndian: value)
  }

  func uint32(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt32 {
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    return isBigEndian ? UInt32(bigEndian: value) : UInt32(littleEndian: value)
  }

  func tag(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Tag {
    Tag(uint16(bytes, at: offset), uint16(bytes, at: offset + 2))
  }

  func bytes(_ value: UInt16) -> [UInt8] {
    let high = UInt8(value >> 8)
    let low = UInt8(truncatingIfNeeded: value)
    return isBigEndian ? [high, low] : [low, high]
  }

  func bytes(_ value: UInt32) -> [UInt8] {
    let high = bytes(UInt16(value >> 16))
    let low = bytes(UInt16(truncatingIfNeeded: value))
    return isBigEndian ? high + low : low + high
  }
}

extension ElementEncoding {
  /// Tag, VR and length as they stand in front of a value; items and delimiters have no VR (PS3.5 §7.1, §7.5).
  func header(_ tag: Tag, _ vr: VR?, _ length: UInt32) -> [UInt8] {
    let start = bytes(tag.group) + bytes(tag.element)
    guard isExplicitVR, let vr else { return start + bytes(length) }
    let size = vr.isLongForm ? [0, 0] + bytes(length) : bytes(UInt16(length))
    return start + Array(vr.rawValue.utf8) + size
  }
}

extension TransferSyntax {
  /// How the data set's headers are written, after inflation where it is deflated.
  var elementEncoding: ElementEncoding {
    ElementEncoding(isExplicitVR: isExplicitVR, isBigEndian: isBigEndian)
  }
}
