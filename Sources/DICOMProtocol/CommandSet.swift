public import DICOM

/// The command set of one DIMSE message (PS3.7 §6.3.1, Annex E), as far as this router uses it.
public struct CommandSet: Equatable, Sendable {
  public var field: CommandField
  /// (0000,0110), in requests.
  public var messageID: UInt16?
  /// (0000,0120), in responses.
  public var messageIDBeingRespondedTo: UInt16?
  /// (0000,0002).
  public var affectedSOPClassUID: UID?
  /// (0000,0003).
  public var requestedSOPClassUID: UID?
  /// (0000,1000).
  public var affectedSOPInstanceUID: UID?
  /// (0000,1001).
  public var requestedSOPInstanceUID: UID?
  /// (0000,0700): 0 medium, 1 high, 2 low.
  public var priority: UInt16?
  /// Derived from (0000,0800): anything but 0101H means that a data set follows.
  public var hasDataSet: Bool
  /// (0000,0900), in responses.
  public var status: UInt16?
  /// (0000,0901).
  public var offendingElements: [Tag]
  /// (0000,0902), at most 64 characters.
  public var errorComment: String?
  /// (0000,1002).
  public var eventTypeID: UInt16?
  /// (0000,1008).
  public var actionTypeID: UInt16?
  /// (0000,1030): received metadata, never forwarded.
  public var moveOriginatorAE: AETitle?
  /// (0000,1031).
  public var moveOriginatorMessageID: UInt16?

  public init(
    field: CommandField, messageID: UInt16? = nil, messageIDBeingRespondedTo: UInt16? = nil,
    affectedSOPClassUID: UID? = nil, requestedSOPClassUID: UID? = nil, affectedSOPInstanceUID: UID? = nil,
    requestedSOPInstanceUID: UID? = nil, priority: UInt16? = nil, hasDataSet: Bool = false, status: UInt16? = nil,
    offendingElements: [Tag] = [], errorComment: String? = nil, eventTypeID: UInt16? = nil,
    actionTypeID: UInt16? = nil, moveOriginatorAE: AETitle? = nil, moveOriginatorMessageID: UInt16? = nil
  ) {
    self.field = field
    self.messageID = messageID
    self.messageIDBeingRespondedTo = messageIDBeingRespondedTo
    self.affectedSOPClassUID = affectedSOPClassUID
    self.requestedSOPClassUID = requestedSOPClassUID
    self.affectedSOPInstanceUID = affectedSOPInstanceUID
    self.requestedSOPInstanceUID = requestedSOPInstanceUID
    self.priority = priority
    self.hasDataSet = hasDataSet
    self.status = status
    self.offendingElements = offendingElements
    self.errorComment = errorComment
    self.eventTypeID = eventTypeID
    self.actionTypeID = actionTypeID
    self.moveOriginatorAE = moveOriginatorAE
    self.moveOriginatorMessageID = moveOriginatorMessageID
  }
}

/// The Command Field (0000,0100) (PS3.7 §E.1). Bit 15 set means response.
public struct CommandField: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let cStoreRequest = CommandField(rawValue: 0x0001)
  public static let cStoreResponse = CommandField(rawValue: 0x8001)
  public static let cFindRequest = CommandField(rawValue: 0x0020)
  public static let cFindResponse = CommandField(rawValue: 0x8020)
  public static let cEchoRequest = CommandField(rawValue: 0x0030)
  public static let cEchoResponse = CommandField(rawValue: 0x8030)
  public static let nEventReportRequest = CommandField(rawValue: 0x0100)
  public static let nEventReportResponse = CommandField(rawValue: 0x8100)
  public static let nActionRequest = CommandField(rawValue: 0x0130)
  public static let nActionResponse = CommandField(rawValue: 0x8130)
  public static let cCancelRequest = CommandField(rawValue: 0x0FFF)

  public var isResponse: Bool { rawValue & 0x8000 != 0 }

  /// The field of the response to this request.
  public var response: CommandField { CommandField(rawValue: rawValue | 0x8000) }
}
