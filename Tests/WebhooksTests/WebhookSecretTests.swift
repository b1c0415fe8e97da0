import Crypto
import EscrowCore
import FoundationEssentials
import Testing

@testable import Webhooks

@Suite struct WebhookSecretTests {
  /// The example of the Standard Webhooks reference libraries.
  @Test func signsTheReferenceExample() throws {
    let secret = try #require(WebhookSecret(secret))
    let signature = secret.signature(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
    #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test(arguments: ["", "whsec_", "c2VjcmV0", "whsec_not base64", "WHSEC_c2VjcmV0"])
  func refusesWhatIsNoSecret(text: String) {
    #expect(WebhookSecret(text) == nil)
    #expect(throws: WebhookError.badSecret(endpoint: "ops")) { try endpoint(secrets: [secret, text]) }
  }

  @Test func anEndpointNeedsASecret() {
    #expect(throws: WebhookError.noSecret(endpoint: "ops")) { try endpoint(secrets: []) }
  }

  @Test func neverShowsItself() throws {
    let endpoint = try endpoint()
    var dumped = ""
    dump(endpoint, to: &dumped)
    let error = WebhookError.badSecret(endpoint: "ops").description
    for text in ["\(endpoint)", String(reflecting: endpoint), dumped, error] {
      #expect(!text.contains("MfKQ9r8"))
    }
  }

  @Test func signsWithEverySecretAndTheTimeOfTheTry() throws {
    let endpoint = try endpoint(secrets: [secret, otherSecret])
    let body = Array("{}".utf8)
    let first = endpoint.request(id: "msg_1", body: body, now: Timestamp(microseconds: 1_700_000_000_900_000))
    let second = endpoint.request(id: "msg_1", body: body, now: Timestamp(microseconds: 1_700_000_005_000_000))
    #expect(first["webhook-id"] == "msg_1" && second["webhook-id"] == "msg_1")
    #expect(first["webhook-timestamp"] == "1700000000")
    #expect(second["webhook-timestamp"] == "1700000005")
    let signatures = try #require(first["webhook-signature"]).split(separator: " ").map(String.init)
    #expect(signatures.count == 2)
    for (signature, text) in zip(signatures, [secret, otherSecret]) {
      #expect(try verifies(signature, secret: text, signed: "msg_1.1700000000.{}"))
    }
    #expect(first["webhook-signature"] != second["webhook-signature"])
  }

  /// As a receiver does it, from the specification.
  private func verifies(_ signature: String, secret: String, signed: String) throws -> Bool {
    let key = try #require(Data(base64Encoded: String(secret.dropFirst("whsec_".count))))
    let code = try #require(Data(base64Encoded: String(signature.dropFirst("v1,".count))))
    return signature.hasPrefix("v1,")
      && HMAC<SHA256>.isValidAuthenticationCode(
        code, authenticating: Data(signed.utf8), using: SymmetricKey(data: key))
  }
}
