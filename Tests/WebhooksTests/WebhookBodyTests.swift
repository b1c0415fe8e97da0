import DICOM
import EscrowCore
import FoundationEssentials
import Testing

@testable import Webhooks

@Suite struct WebhookBodyTests {
  static let moment = Timestamp(microseconds: 1_795_421_730_125_000)
  static let publicKinds = EventKind.allCases.filter(\.isPublic)

  /// An event with every field set.
  private func full(_ kind: EventKind) -> RecordedEvent {
    RecordedEvent(
      sequence: 42,
      event: EscrowEvent(
        kind, at: Self.moment, studyInstanceUID: "1.2.3", sopInstanceUID: "1.2.3.4.5",
        instance: InstanceID(rawValue: "internal"), destination: PeerName(rawValue: "archive"),
        transactionUID: "2.25.99", instances: 3, failed: 1, reason: "no \"such\" / object", reasonCode: 0x0112,
        actor: "ARCHIVE@10.0.0.5"))
  }

  @Test func isTheSameTextAlways() throws {
    let body = WebhookBody(full(.commitmentPartial), apiURL: "https://escrow.example")
    let text =
      #"{"data":{"failed":1,"instances":3,"reason":"no \"such\" / object","reasonCode":274,"#
      + #""sequence":42,"sopInstanceUID":"1.2.3.4.5","studyInstanceUID":"1.2.3","to":"archive","#
      + #""transactionUID":"2.25.99","url":"https://escrow.example/api/v1/trace/1.2.3"},"#
      + #""timestamp":"2026-11-23T08:15:30.125Z","type":"commitment.partial"}"#
    #expect(String(decoding: try body.json(), as: UTF8.self) == text)
  }

  @Test func leavesOutWhatIsAbsent() throws {
    let event = EscrowEvent(.storageLow, at: Self.moment)
    let text = String(decoding: try WebhookBody(RecordedEvent(sequence: 7, event: event)).json(), as: UTF8.self)
    #expect(
      text == #"{"data":{"failed":0,"instances":0,"sequence":7},"timestamp":"2026-11-23T08:15:30.125Z","#
        + #""type":"storage.low"}"#)
  }

  @Test func countsOneInstanceWhereOneIsNamed() {
    let event = EscrowEvent(.deliveryFailed, at: Self.moment, sopInstanceUID: "1.2")
    let data = WebhookBody(RecordedEvent(sequence: 1, event: event)).data
    #expect(data.instances == 1 && data.failed == 1)
  }

  @Test func linksOnlyToWellFormedUIDs() {
    let hostile = EscrowEvent(.studyReceived, at: Self.moment, studyInstanceUID: "../../x?y=1")
    #expect(WebhookBody(RecordedEvent(sequence: 1, event: hostile), apiURL: "https://escrow.example").data.url == nil)
    let instance = EscrowEvent(.instanceHeld, at: Self.moment, sopInstanceUID: "1.2.9")
    let body = WebhookBody(RecordedEvent(sequence: 1, event: instance), apiURL: "https://escrow.example")
    #expect(body.data.url == "https://escrow.example/api/v1/trace/1.2.9")
  }

  @Test(arguments: publicKinds)
  func matchesItsSchema(kind: EventKind) throws {
    let schema = try Schema.named(kind.rawValue)
    let fullBody = WebhookBody(full(kind), patientID: "P1", apiURL: "https://escrow.example")
    #expect(schema.problems(in: try JSON(fullBody.json())) == [])

    var least = full(kind)
    least.event.reason = nil
    least.event.reasonCode = nil
    #expect(schema.problems(in: try JSON(WebhookBody(least).json())) == [])
  }

  @Test(arguments: publicKinds)
  func aSchemaFindsFaults(kind: EventKind) throws {
    let schema = try Schema.named(kind.rawValue)
    let others = [
      #"{"type":"other","timestamp":"t","data":{"sequence":1,"instances":0,"failed":0}}"#,
      #"{"type":"\#(kind.rawValue)","data":{"sequence":1,"instances":0,"failed":0}}"#,
      #"{"type":"\#(kind.rawValue)","timestamp":"t","data":{"sequence":"1","instances":0,"failed":0}}"#,
      #"{"type":"\#(kind.rawValue)","timestamp":"t","data":{"sequence":1,"instances":0,"failed":0,"patientName":"X"}}"#,
    ]
    for text in others { #expect(schema.problems(in: try JSON(Array(text.utf8))) != []) }
  }

  @Test func everySchemaIsOfAnEvent() throws {
    #expect(try Schema.names() == Set(Self.publicKinds.map(\.rawValue)))
  }
}
