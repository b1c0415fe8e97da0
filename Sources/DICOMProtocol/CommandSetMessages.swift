public import DICOM

extension CommandSet {
  /// C-ECHO-RQ (PS3.7 §9.3.5.1).
  public static func echoRequest(messageID: UInt16) -> CommandSet {
    CommandSet(field: .cEchoRequest, messageID: messageID, affectedSOPClassUID: Verification.sopClassUID)
  }

  /// C-STORE-RQ (PS3.7 §9.3.1.1); the instance follows. `priority`: 0 medium, 1 high, 2 low.
  public static func storeRequest(sop: SOPInstance, messageID: UInt16, priority: UInt16 = 0) -> CommandSet {
    CommandSet(
      field: .cStoreRequest, messageID: messageID, affectedSOPClassUID: sop.classUID,
      affectedSOPInstanceUID: sop.instanceUID, priority: priority, hasDataSet: true)
  }

  /// C-FIND-RQ (PS3.7 §9.3.2.1); an identifier follows.
  public static func findRequest(sopClass: UID, messageID: UInt16) -> CommandSet {
    CommandSet(
      field: .cFindRequest, messageID: messageID, affectedSOPClassUID: sopClass, priority: 0, hasDataSet: true)
  }

  /// N-ACTION-RQ that asks for storage commitment (PS3.4 §J.3.2); action information follows.
  public static func commitmentRequest(messageID: UInt16) -> CommandSet {
    CommandSet(
      field: .nActionRequest, messageID: messageID, requestedSOPClassUID: StorageCommitment.sopClassUID,
      requestedSOPInstanceUID: StorageCommitment.sopInstanceUID, hasDataSet: true,
      actionTypeID: StorageCommitment.requestActionTypeID)
  }

  /// N-EVENT-REPORT-RQ that reports storage commitment (PS3.4 §J.3.3); event information follows.
  public static func commitmentReport(eventTypeID: UInt16, messageID: UInt16) -> CommandSet {
    CommandSet(
      field: .nEventReportRequest, messageID: messageID, affectedSOPClassUID: StorageCommitment.sopClassUID,
      affectedSOPInstanceUID: StorageCommitment.sopInstanceUID, hasDataSet: true, eventTypeID: eventTypeID)
  }

  /// The response to a request of any kind, without a data set.
  ///
  /// It names the SOP class and instance of the request, since peers match by them, unless they are too long to be
  /// UIDs. With ``Status/invalidArgumentValue`` there is no error comment (PS3.7 §C.5.10).
  public static func response(
    to request: CommandSet, status: Status, errorComment: String? = nil, offendingElements: [Tag] = []
  ) -> CommandSet {
    CommandSet(
      field: request.field.response, messageIDBeingRespondedTo: request.messageID,
      affectedSOPClassUID: echo(request.affectedSOPClassUID ?? request.requestedSOPClassUID),
      affectedSOPInstanceUID: echo(request.affectedSOPInstanceUID ?? request.requestedSOPInstanceUID),
      status: status.rawValue, offendingElements: offendingElements,
      errorComment: status == .invalidArgumentValue ? nil : errorComment,
      eventTypeID: request.field == .nEventReportRequest ? request.eventTypeID : nil,
      actionTypeID: request.field == .nActionRequest ? request.actionTypeID : nil)
  }

  private static func echo(_ uid: UID?) -> UID? { uid.flatMap { $0.rawValue.utf8.count <= 64 ? $0 : nil } }

  /// (0000,0900) as a status, in responses.
  public var statusCode: Status? { status.map { Status(rawValue: $0) } }
}
