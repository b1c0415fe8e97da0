import DICOM
import DICOMProtocol
import Testing

/// Responses name what the request named.
struct ResponseTests {
  @Test func toAStoreRequest() {
    let request = CommandSet.storeRequest(sop: SOPInstance(classUID: "1.2", instanceUID: "1.3"), messageID: 9)
    #expect(
      CommandSet.response(to: request, status: .outOfResources, errorComment: "disk full")
        == CommandSet(
          field: .cStoreResponse, messageIDBeingRespondedTo: 9, affectedSOPClassUID: "1.2",
          affectedSOPInstanceUID: "1.3", status: 0xA700, errorComment: "disk full"))
  }

  /// A request names them as requested, the response as affected.
  @Test func toAnActionRequest() {
    #expect(
      CommandSet.response(to: .commitmentRequest(messageID: 5), status: .success)
        == CommandSet(
          field: .nActionResponse, messageIDBeingRespondedTo: 5,
          affectedSOPClassUID: StorageCommitment.sopClassUID,
          affectedSOPInstanceUID: StorageCommitment.sopInstanceUID, status: 0, actionTypeID: 1))
  }

  @Test func toAnythingElse() {
    let request = CommandSet(
      field: .cFindRequest, messageID: 1, affectedSOPClassUID: "1.2", priority: 0, hasDataSet: true)
    #expect(
      CommandSet.response(to: request, status: .unrecognizedOperation, offendingElements: [Tag(0, 0x0100)])
        == CommandSet(
          field: .cFindResponse, messageIDBeingRespondedTo: 1, affectedSOPClassUID: "1.2", status: 0x0211,
          offendingElements: [Tag(0, 0x0100)]))
  }

  @Test func invalidArgumentValueHasNoErrorComment() {
    let response = CommandSet.response(
      to: .commitmentRequest(messageID: 5), status: .invalidArgumentValue, errorComment: "no Transaction UID")
    #expect(response.errorComment == nil)
    #expect(response.statusCode == .invalidArgumentValue)
  }

  @Test func neverCarriesADataSet() {
    for request in [
      CommandSet.echoRequest(messageID: 1), .commitmentRequest(messageID: 2),
      .commitmentReport(eventTypeID: 1, messageID: 3),
    ] {
      let response = CommandSet.response(to: request, status: .success)
      #expect(!response.hasDataSet)
      #expect(response.field.isResponse)
      #expect(response.messageID == nil)
    }
  }
}
