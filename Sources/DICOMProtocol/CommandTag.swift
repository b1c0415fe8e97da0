import DICOM

/// The elements of a command set that this library reads and writes (PS3.7 §E.1).
enum CommandTag {
  static let groupLength = Tag(0x0000, 0x0000)
  static let affectedSOPClassUID = Tag(0x0000, 0x0002)
  static let requestedSOPClassUID = Tag(0x0000, 0x0003)
  static let commandField = Tag(0x0000, 0x0100)
  static let messageID = Tag(0x0000, 0x0110)
  static let messageIDBeingRespondedTo = Tag(0x0000, 0x0120)
  static let priority = Tag(0x0000, 0x0700)
  static let dataSetType = Tag(0x0000, 0x0800)
  static let status = Tag(0x0000, 0x0900)
  static let offendingElement = Tag(0x0000, 0x0901)
  static let errorComment = Tag(0x0000, 0x0902)
  static let affectedSOPInstanceUID = Tag(0x0000, 0x1000)
  static let requestedSOPInstanceUID = Tag(0x0000, 0x1001)
  static let eventTypeID = Tag(0x0000, 0x1002)
  static let actionTypeID = Tag(0x0000, 0x1008)
  static let moveOriginatorAE = Tag(0x0000, 0x1030)
  static let moveOriginatorMessageID = Tag(0x0000, 0x1031)

  /// The value of (0000,0800) that says that no data set follows; any other says that one does.
  static let noDataSet: UInt16 = 0x0101
}
