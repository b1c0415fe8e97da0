import DICOM

/// Ours, not the one of Testing.
typealias Tag = DICOM.Tag

/// Bytes of elements as somebody may have written them, right or wrong.
enum Raw {
  static let undefined = UInt32.max

  /// An explicit header and its value. `length` replaces the true one.
  static func explicit(
    _ tag: Tag, _ vr: String, _ value: [UInt8] = [], length: UInt32? = nil, bigEndian: Bool = false
  ) -> [UInt8] {
    let isLong = ["OB", "OW", "SQ", "UC", "UN", "UT", "UV", "XX"].contains(vr)
    let length = length ?? UInt32(value.count)
    let size = isLong ? [0, 0] + number(length, bigEndian) : short(UInt16(truncatingIfNeeded: length), bigEndian)
    return self.tag(tag, bigEndian) + Array(vr.utf8) + size + value
  }

  static func explicit(_ tag: Tag, _ vr: String, text: String, bigEndian: Bool = false) -> [UInt8] {
    explicit(tag, vr, Array(text.utf8), bigEndian: bigEndian)
  }

  static func implicit(_ tag: Tag, _ value: [UInt8] = [], length: UInt32? = nil) -> [UInt8] {
    self.tag(tag, false) + number(length ?? UInt32(value.count), false) + value
  }

  static func implicit(_ tag: Tag, text: String) -> [UInt8] { implicit(tag, Array(text.utf8)) }

  static func item(_ content: [UInt8] = [], length: UInt32? = nil, bigEndian: Bool = false) -> [UInt8] {
    tag(Tag(0xFFFE, 0xE000), bigEndian) + number(length ?? UInt32(content.count), bigEndian) + content
  }

  static func itemEnd(bigEndian: Bool = false) -> [UInt8] { tag(Tag(0xFFFE, 0xE00D), bigEndian) + [0, 0, 0, 0] }
  static func sequenceEnd(bigEndian: Bool = false) -> [UInt8] { tag(Tag(0xFFFE, 0xE0DD), bigEndian) + [0, 0, 0, 0] }

  /// Any four bytes where VR and length should be.
  static func odd(_ tag: Tag, _ bytes: [UInt8], _ value: [UInt8] = []) -> [UInt8] {
    self.tag(tag, false) + bytes + value
  }

  static func tag(_ tag: Tag, _ bigEndian: Bool) -> [UInt8] {
    short(tag.group, bigEndian) + short(tag.element, bigEndian)
  }

  static func number(_ value: UInt32, _ bigEndian: Bool) -> [UInt8] {
    withUnsafeBytes(of: bigEndian ? value.bigEndian : value.littleEndian, Array.init)
  }

  static func short(_ value: UInt16, _ bigEndian: Bool) -> [UInt8] {
    withUnsafeBytes(of: bigEndian ? value.bigEndian : value.littleEndian, Array.init)
  }

  /// Bytes of a hexadecimal dump.
  static func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
  }
}

extension Set<Tag> {
  /// What routing asks for.
  static let routing: Set<Tag> = [
    .specificCharacterSet, .imageType, .sopClassUID, .sopInstanceUID, .studyDate, .accessionNumber, .modality,
    .institutionName, .referringPhysicianName, .stationName, .studyDescription, .patientName, .patientID,
    .issuerOfPatientID, .studyInstanceUID, .seriesInstanceUID, .instanceNumber,
  ]
}

/// Reads a data set that comes in pieces, which end after the given numbers of bytes.
func header(
  of bytes: [UInt8], as transferSyntax: TransferSyntax = .explicitLittleEndian, wanted: Set<Tag> = .routing,
  limits: HeaderReader.Limits = .init(), pieces: [Int] = []
) -> Header {
  var reader = HeaderReader(transferSyntax: transferSyntax, wanted: wanted, limits: limits)
  var rest = bytes[...]
  for size in pieces + [bytes.count] {
    let piece = Array(rest.prefix(size))
    rest = rest.dropFirst(size)
    piece.withUnsafeBytes { reader.read($0) }
  }
  return reader.finish()
}
