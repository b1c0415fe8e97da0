import DICOM

/// The elements of commitment payloads (PS3.4 Tables J.3-1 and J.3-2).
enum PayloadTag {
  static let retrieveAETitle = Tag(0x0008, 0x0054)
  static let referencedSOPClassUID = Tag(0x0008, 0x1150)
  static let referencedSOPInstanceUID = Tag(0x0008, 0x1155)
  static let transactionUID = Tag(0x0008, 0x1195)
  static let failureReason = Tag(0x0008, 0x1197)
  static let failedSOPSequence = Tag(0x0008, 0x1198)
  static let referencedSOPSequence = Tag(0x0008, 0x1199)
  static let item = Tag(0xFFFE, 0xE000)
  static let itemDelimiter = Tag(0xFFFE, 0xE00D)
  static let sequenceDelimiter = Tag(0xFFFE, 0xE0DD)
  static let delimiterGroup: UInt16 = 0xFFFE
}
