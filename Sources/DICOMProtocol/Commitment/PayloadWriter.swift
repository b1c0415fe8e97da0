import DICOM
import NIOCore

/// Writes the small data sets of storage commitment, with defined lengths.
struct PayloadWriter {
  private(set) var bytes = ByteBuffer()
  private let syntax: NativeSyntax

  /// Only for the transfer syntaxes of ``StorageCommitment/transferSyntaxes``.
  init(transferSyntax: UID) {
    guard let syntax = NativeSyntax(transferSyntax) else {
      preconditionFailure("transfer syntax not supported for commitment")
    }
    self.syntax = syntax
  }

  mutating func write(_ tag: Tag, uid: UID) { write(tag, "UI", text: uid.rawValue.received, padding: 0x00) }

  mutating func write(_ tag: Tag, titles: [AETitle]) {
    write(
      tag, "AE", text: Array(titles.map(\.rawValue.received).joined(separator: [UInt8(ascii: "\\")])), padding: 0x20)
  }

  mutating func write(_ tag: Tag, number: UInt16) {
    writeHeader(tag, "US", length: 2)
    bytes.writeInteger(number, endianness: syntax.endianness)
  }

  /// A sequence with one item for each of `values`.
  mutating func write<Value>(_ tag: Tag, items values: [Value], _ item: (inout PayloadWriter, Value) -> Void) {
    writeHeader(tag, "SQ", length: 0)
    let start = bytes.writerIndex
    for value in values {
      writeTag(PayloadTag.item)
      bytes.writeInteger(UInt32(0), endianness: syntax.endianness)
      let start = bytes.writerIndex
      item(&self, value)
      setLength(from: start)
    }
    setLength(from: start)
  }

  private mutating func write(_ tag: Tag, _ vr: StaticString, text: [UInt8], padding: UInt8) {
    writeHeader(tag, vr, length: (text.count + 1) & ~1)
    bytes.writeBytes(text)
    if text.count % 2 == 1 { bytes.writeInteger(padding) }
  }

  /// A value too long for a length of two bytes is written as UN (PS3.5 §6.2.2).
  private mutating func writeHeader(_ tag: Tag, _ vr: StaticString, length: Int) {
    writeTag(tag)
    let isSequence = vr.utf8Start[0] == UInt8(ascii: "S") && vr.utf8Start[1] == UInt8(ascii: "Q")
    if syntax.isImplicit {
      bytes.writeInteger(UInt32(length), endianness: syntax.endianness)
    } else if isSequence || length > 0xFFFE {
      bytes.writeStaticString(isSequence ? vr : "UN")
      bytes.writeInteger(UInt16(0))
      bytes.writeInteger(UInt32(length), endianness: syntax.endianness)
    } else {
      bytes.writeStaticString(vr)
      bytes.writeInteger(UInt16(length), endianness: syntax.endianness)
    }
  }

  private mutating func writeTag(_ tag: Tag) {
    bytes.writeMultipleIntegers(tag.group, tag.element, endianness: syntax.endianness)
  }

  /// Puts the length of what was written since `start` into the four bytes before it.
  private mutating func setLength(from start: Int) {
    bytes.setInteger(UInt32(bytes.writerIndex - start), at: start - 4, endianness: syntax.endianness)
  }
}
