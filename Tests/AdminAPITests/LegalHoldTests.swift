import EscrowCore
import EscrowEngine
import Hummingbird
import HummingbirdTesting
import Testing

/// What the law keeps, through the API.
@Suite struct LegalHoldTests {
  private static let now = Timestamp(microseconds: 1_764_000_000_000_000)

  /// One instance that no route took.
  private static func fill(_ ledger: any Ledger) async throws {
    var held = TestAPI.admission(1)
    held.plan = RoutingPlan(deliveries: [], hold: "no route took it")
    _ = try await ledger.admit(held, now: now)
  }

  private static func call(
    _ client: any TestClientProtocol, _ method: HTTPRequest.Method, _ body: String = "", path: String = "legal-holds"
  ) async throws -> (status: Int, body: ByteBuffer) {
    let answer = try await client.execute(
      uri: "/api/v1/\(path)", method: method, body: body.isEmpty ? nil : ByteBuffer(string: body))
    return (answer.status.code, answer.body)
  }

  @Test func aHoldKeepsUntilItIsEnded() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, _ in
      let begun = try await Self.call(client, .post, #"{"studyInstanceUID":"1.2.9","reason":"claim 881"}"#)
      #expect(begun.status == 201)
      #expect(try begun.body.object()["instances"] as? Int == 1)
      let listed = try #require(try await Self.call(client, .get).body.items().first)
      #expect(listed["studyInstanceUID"] as? String == "1.2.9" && listed["reason"] as? String == "claim 881")
      #expect(listed["by"] as? String == "api" && listed["instances"] as? Int == 1)
      let instance = try #require(try await Self.call(client, .get, path: "instances").body.items().first)
      #expect(instance["legalHold"] as? String == "claim 881")
      let discard = #"{"filter":{"state":["held"]},"reason":"test"}"#
      let refused = try await Self.call(client, .post, discard, path: "instances/discard").body.object()
      #expect(refused["changed"] as? Int == 0)
      #expect((refused["skipped"] as? [[String: Any]])?.first?["reason"] as? String == "kept: on legal hold: claim 881")
      for (dryRun, left) in [("true", 1), ("false", 0)] {
        let body = #"{"studyInstanceUID":"1.2.9","reason":"settled","expect":1,"dryRun":\#(dryRun)}"#
        let ended = try await Self.call(client, .delete, body)
        #expect(ended.status == 200)
        #expect(try ended.body.object()["instances"] as? Int == 1)
        let answer1 = try await Self.call(client, .get).body.items().count
        #expect(answer1 == left)
      }
    }
  }

  @Test func whatIsOnHoldIsNotDeletedByForce() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, context in
      _ = try await Self.call(client, .post, #"{"patientID":"SECRET","reason":"court order"}"#)
      let list = try await client.execute(uri: "/instances", method: .get)
      let id = try #require(String(buffer: list.body).split(separator: "\"").dropFirst().first)
      for query in ["", "?force=true"] {
        let answer = try await client.execute(uri: "/instances/\(id)\(query)", method: .delete)
        #expect(answer.status.code == 409)
        #expect(String(buffer: answer.body).contains("legal hold"), "\(String(buffer: answer.body))")
      }
      let states = try await context.ledger.status().instances
      #expect(states[.held] == 1)
    }
  }

  @Test(arguments: [
    (#"{"reason":"x"}"#, 400), (#"{"patientID":"","reason":"x"}"#, 400),
    (#"{"patientID":"1","studyInstanceUID":"1.2","reason":"x"}"#, 400), (#"{"studyInstanceUID":"1.2"}"#, 400),
    (#"{"studyInstanceUID":"1..2","reason":"x"}"#, 400), (#"{"patient":"1","reason":"x"}"#, 400),
    (#"{"studyInstanceUID":"1.2","issuerOfPatientID":"A","reason":"x"}"#, 400),
    (#"{"studyInstanceUID":"1.2","reason":"x","expect":1}"#, 400),
  ])
  func whatIsNotUnderstoodHoldsNothing(body: String, status: Int) async throws {
    try await TestAPI.run { client, context in
      let answer2 = try await Self.call(client, .post, body).status
      #expect(answer2 == status)
      let answer3 = try await context.ledger.legalHolds().isEmpty
      #expect(answer3)
    }
  }

  @Test func whatIsNotThereIsTold() async throws {
    try await TestAPI.run { client, _ in
      let body = #"{"studyInstanceUID":"1.2","reason":"x"}"#
      let answer4 = try await Self.call(client, .delete, body).status
      #expect(answer4 == 404)
      let answer5 = try await Self.call(client, .post, body).status
      #expect(answer5 == 201)
      let answer6 = try await Self.call(client, .post, body).status
      #expect(answer6 == 409)
    }
  }
}
