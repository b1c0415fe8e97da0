import DICOM
import NIOCore

/// Reads the small data sets of storage commitment: bounded, in one pass, in any native transfer syntax.
///
/// VRs are used only to find lengths. What the caller does not take is skipped.
struct PayloadReader {
  static let maximumLength = 32 * 1024 * 1024
  static let maximumItems = 100_000
  static let maximumDepth = 4

  /// An element whose value is next to be read.
  struct Element {
    let tag: Tag
    let isUnknownVR: Bool
    /// Nil when undefined: a sequence up to its delimiter, which comes before `limit`.
    let length: Int?
    let limit: Int
  }

  /// Where the elements of one data set or item end: at an index, or before that at a delimiter.
  struct Extent {
    let end: Int
    let isDelimited: Bool
  }

  private var bytes: ByteBuffer
  private var syntax: NativeSyntax
  private var end: Int
  private var items = 0
  private var depth = 0

  init(_ bytes: ByteBuffer, transferSyntax: UID) throws(CommitmentPayloadError) {
    guard let syntax = NativeSyntax(transferSyntax) else {
      throw CommitmentPayloadError(status: .processingFailure, text: "transfer syntax not supported for commitment")
    }
    guard bytes.readableBytes <= PayloadReader.maximumLength else {
      throw .tooMuch("data set of \(bytes.readableBytes) bytes")
    }
    self.bytes = bytes
    self.syntax = syntax
    end = bytes.writerIndex
  }

  /// The whole data set.
  var dataSet: Extent { Extent(end: end, isDelimited: false) }

  /// Calls `take` with each element of `extent`, which reads its value or leaves it to be skipped.
  mutating func readElements(
    of extent: Extent, _ take: (inout PayloadReader, Element) throws(CommitmentPayloadError) -> Void
  ) throws(CommitmentPayloadError) {
    while bytes.readerIndex < extent.end {
      let element = try readHeader(within: extent)
      if element.tag == PayloadTag.itemDelimiter {
        if extent.isDelimited { return }
        continue
      }
      let start = bytes.readerIndex
      try take(&self, element)
      if bytes.readerIndex == start { try skip(element) }
    }
    if extent.isDelimited { throw .invalid("item without its end") }
  }

  /// Calls `take` with each item of the sequence `element`, which must read its elements.
  mutating func readItems(
    of element: Element, _ take: (inout PayloadReader, Extent) throws(CommitmentPayloadError) -> Void
  ) throws(CommitmentPayloadError) {
    depth += 1
    guard depth <= PayloadReader.maximumDepth else { throw .tooMuch("sequences nested too deeply") }
    let outer = syntax
    if element.isUnknownVR { syntax = .implicitLittleEndian }  // PS3.5 §6.2.2
    defer {
      syntax = outer
      depth -= 1
    }
    let end = element.length.map { bytes.readerIndex + $0 } ?? element.limit
    while bytes.readerIndex < end {
      guard let item = try readItemHeader(within: end) else {
        if element.length == nil { return }
        continue
      }
      try take(&self, item)
    }
    if element.length == nil { throw .invalid("sequence without its end") }
  }

  /// Reads a value as bytes; nil for a sequence.
  mutating func readValue(_ element: Element) -> ByteBuffer? {
    element.length.flatMap { bytes.readSlice(length: $0) }
  }

  /// Reads a UID, or throws when the element is a sequence.
  mutating func readUID(_ element: Element) throws(CommitmentPayloadError) -> UID {
    guard let value = readValue(element) else { throw .mistyped("\(element.tag) is not a UID") }
    return value.uid
  }

  /// Reads an unsigned number of two or four bytes as 16 bits; nil for anything else.
  mutating func readNumber(_ element: Element) -> UInt16? {
    guard var value = readValue(element) else { return nil }
    switch value.readableBytes {
    case 2: return value.readInteger(endianness: syntax.endianness)
    case 4:
      return value.readInteger(endianness: syntax.endianness, as: UInt32.self).map { UInt16(truncatingIfNeeded: $0) }
    default: return nil
    }
  }
}

extension PayloadReader {
  /// The header of an element that fits into `extent` (PS3.5 §7.1).
  private mutating func readHeader(within extent: Extent) throws(CommitmentPayloadError) -> Element {
    guard let tag = readTag() else { throw .invalid("element cut off") }
    let isDelimiter = tag.group == PayloadTag.delimiterGroup
    let isUnknownVR: Bool
    let length: UInt32?
    if syntax.isImplicit || isDelimiter {
      isUnknownVR = false
      length = bytes.readInteger(endianness: syntax.endianness)
    } else {
      guard let vr = bytes.readMultipleIntegers(as: (UInt8, UInt8).self) else { throw .invalid("element cut off") }
      isUnknownVR = vr == (UInt8(ascii: "U"), UInt8(ascii: "N"))
      length = try readExplicitLength(vr)
    }
    guard let length else { throw .invalid("element cut off") }
    if length == UInt32.max, !isDelimiter {
      return Element(tag: tag, isUnknownVR: isUnknownVR, length: nil, limit: extent.end)
    }
    guard Int(length) <= extent.end - bytes.readerIndex else {
      throw .invalid("\(tag) runs past its end")
    }
    return Element(tag: tag, isUnknownVR: isUnknownVR, length: Int(length), limit: extent.end)
  }

  private mutating func readTag() -> Tag? {
    bytes.readMultipleIntegers(endianness: syntax.endianness, as: (UInt16, UInt16).self).map { Tag($0.0, $0.1) }
  }

  /// A length of two bytes, or of four after two reserved ones, as the VR says.
  private mutating func readExplicitLength(_ vr: (UInt8, UInt8)) throws(CommitmentPayloadError) -> UInt32? {
    let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
    guard letters.contains(vr.0), letters.contains(vr.1) else { throw .invalid("element without a VR") }
    if PayloadReader.shortVRs.contains(UInt16(vr.0) << 8 | UInt16(vr.1)) {
      return bytes.readInteger(endianness: syntax.endianness, as: UInt16.self).map { UInt32($0) }
    }
    return bytes.readMultipleIntegers(endianness: syntax.endianness, as: (UInt16, UInt32).self)?.1
  }

  /// VRs with a length of two bytes; all others, also future ones, have one of four (PS3.5 §7.1.2).
  private static let shortVRs: Set<UInt16> = Set(
    [
      "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL", "SS", "ST", "TM",
      "UI", "UL", "US",
    ].map { (vr: StaticString) in UInt16(vr.utf8Start[0]) << 8 | UInt16(vr.utf8Start[1]) })

  /// The extent of the next item, or nil at the sequence's delimiter (PS3.5 §7.5).
  private mutating func readItemHeader(within end: Int) throws(CommitmentPayloadError) -> Extent? {
    guard let tag = readTag(), let length = bytes.readInteger(endianness: syntax.endianness, as: UInt32.self) else {
      throw .invalid("item cut off")
    }
    if tag == PayloadTag.sequenceDelimiter { return nil }
    guard tag == PayloadTag.item else { throw .mistyped("\(tag) where an item should be") }
    items += 1
    guard items <= PayloadReader.maximumItems else { throw .tooMuch("more than \(PayloadReader.maximumItems) items") }
    if length == UInt32.max { return Extent(end: end, isDelimited: true) }
    guard Int(length) <= end - bytes.readerIndex else { throw .invalid("item runs past its sequence") }
    return Extent(end: bytes.readerIndex + Int(length), isDelimited: false)
  }

  /// Steps over a value; over that of undefined length item by item.
  private mutating func skip(_ element: Element) throws(CommitmentPayloadError) {
    if let length = element.length { return bytes.moveReaderIndex(forwardBy: length) }
    try readItems(of: element) { (reader, item) throws(CommitmentPayloadError) in
      try reader.readElements(of: item) { _, _ in }
    }
  }
}
