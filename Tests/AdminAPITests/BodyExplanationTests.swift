import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

/// What is said of a body that is not as expected.
@Suite struct BodyExplanationTests {
  @Test(arguments: [
    (#"{"filter":{"to":"q"}}"#, "filter.to must be a list, not a string"),
    (#"{"filter":{"to":["q",null]}}"#, "filter.to[1] must be a string, not null"),
    (#"{"filter":{"id":[1,"2"]}}"#, "filter.id[1] must be a whole number, not a string"),
    (#"{"filter":{"held":"yes"}}"#, "filter.held must be true or false, not a string"),
    (#"{"filter":{"held":1}}"#, "filter.held must be true or false, not a number"),
    (#"{"filter":{"patientID":5}}"#, "filter.patientID must be a string, not a number"),
    (#"{"filter":{"patientID":{}}}"#, "filter.patientID must be a string, not an object"),
    (#"{"filter":[]}"#, "filter must be an object, not a list"),
    (#"{"filter":null}"#, "filter must be an object, not null"),
    (#"{"filter":{},"expect":"1"}"#, "expect must be a whole number, not a string"),
    (#"{"filter":{},"expect":1.5}"#, "a number in the body is too large, or no whole number where one is needed"),
    ("[]", "the body must be an object, not a list"), ("3", "the body must be an object, not a number"),
    ("", "filter is missing"),
    (#"{"filter": x}"#, "the body is no JSON: Invalid value around character 11."),
    (#"{"filter": {"#, "the body is no JSON: Unexpected end of file during JSON parse."),
  ])
  func saysWhatIsExpectedWhere(body: String, text: String) async throws {
    try await TestAPI.run { client, _ in
      try await client.execute(
        uri: "/api/v1/deliveries/retry", method: .post, body: ByteBuffer(string: body)
      ) { answer in
        #expect(answer.status == .badRequest)
        let detail = try answer.body.object()["detail"] as? String
        #expect(detail == text)
      }
    }
  }
}
