import EscrowCore
import EscrowEngine
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// Destinations and the maintenance mode, through the API.
@Suite struct DestinationTests {
  private static let now = Timestamp(microseconds: 1_764_000_000_000_000)

  /// Two instances wait for the archive.
  private static func fill(_ ledger: any Ledger) async throws {
    for number in 1...2 { _ = try await ledger.admit(TestAPI.admission(number), now: now) }
  }

  private static func post(
    _ client: any TestClientProtocol, _ path: String, _ body: String
  ) async throws -> (status: Int, body: [String: Any]) {
    let answer = try await client.execute(uri: "/api/v1/\(path)", method: .post, body: ByteBuffer(string: body))
    return (answer.status.code, try answer.body.object())
  }

  private static func get(_ client: any TestClientProtocol, _ path: String) async throws -> [String: Any] {
    try await client.execute(uri: "/api/v1/\(path)", method: .get).body.object()
  }

  @Test func whatIsDrainedIsShownSoWithWhoAndWhy() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, _ in
      let drained = try await Self.post(client, "destinations/archive/drain", #"{"reason":"update"}"#)
      #expect(drained.status == 200)
      let status = try await Self.get(client, "status")
      let archive = (status["destinations"] as? [String: Any])?["archive"] as? [String: Any]
      let stop = try #require(archive?["stop"] as? [String: Any])
      #expect(stop["state"] as? String == "paused" && stop["text"] as? String == "paused by api: update")
      let delivery = try #require(
        try await client.execute(uri: "/api/v1/deliveries?to=archive", method: .get).body.items().first)
      #expect((delivery["delivery"] as? [String: Any])?["reason"] as? String == "archive is paused by api: update")
      let instance = try #require(
        try await client.execute(uri: "/api/v1/instances", method: .get).body.items().first)
      #expect(
        (instance["deliveries"] as? [[String: Any]])?.first?["reason"] as? String == "archive is paused by api: update")
      let shown = try await Self.get(client, "destinations/archive")
      let study = try #require((shown["studies"] as? [[String: Any]])?.first)
      let reasons = study["reasons"] as? [[String: Any]]
      #expect(reasons?.first?["reason"] as? String == "archive is paused by api: update")
      #expect(reasons?.first?["deliveries"] as? Int == 2)
      // What is shown is found, and changed.
      for (part, count) in [("PAUSED", 2), ("down", 0)] {
        let found = try await client.execute(uri: "/api/v1/deliveries?reason=\(part)", method: .get).body.items()
        #expect(found.count == count)
        let retried = try await Self.post(
          client, "deliveries/hold", #"{"filter":{"reason":"\#(part)"},"reason":"x","dryRun":true}"#)
        #expect(retried.body["matched"] as? Int == count)
      }
      let answer1 = try await Self.post(client, "destinations/archive/resume", "{}").status
      #expect(answer1 == 200)
      let answer2 = try await Self.post(client, "destinations/archive/resume", "{}").status
      #expect(answer2 == 409)
    }
  }

  @Test func whoAsksIsOnRecordAsTheRequestSays() async throws {
    let header = try #require(HTTPField.Name("Escrow-Operator"))
    try await TestAPI.run(prepare: Self.fill) { client, context in
      var answers: [Int] = []
      for name in [String(repeating: "x", count: 65), "alice"] {
        let answer = try await client.execute(
          uri: "/api/v1/destinations/archive/drain", method: .post, headers: [header: name],
          body: ByteBuffer(string: #"{"reason":"update"}"#))
        answers.append(answer.status.code)
      }
      #expect(answers == [400, 200])
      #expect(context.stops["archive"]?.text == "paused by alice via api: update")
    }
  }

  @Test func whatWaitsIsListedByStudy() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, _ in
      let body = try await Self.get(client, "destinations/archive")
      let study = try #require((body["studies"] as? [[String: Any]])?.first)
      #expect(study["studyInstanceUID"] as? String == "1.2.9" && study["bytes"] as? Int == 200)
      #expect(study["deliveries"] as? [String: Int] == ["queued": 2])
      #expect(body["isComplete"] as? Bool == true && body["moreStudies"] as? Int == 0)
      let unknown = try await client.execute(uri: "/api/v1/destinations/nobody", method: .get)
      #expect(unknown.status == .notFound)
    }
  }

  @Test func whatIsRetiredIsGivenUpAfterACount() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, context in
      let path = "destinations/archive/retire"
      let answer3 = try await Self.post(client, path, #"{"dryRun":true}"#).status
      #expect(answer3 == 400)
      let shown = try await Self.post(client, path, #"{"dryRun":true,"reason":"replaced"}"#)
      #expect(shown.body["matched"] as? Int == 2 && shown.body["changed"] as? Int == 2)
      #expect(context.stops["archive"] == nil)
      let answer4 = try await Self.post(client, path, #"{"expect":1,"reason":"replaced"}"#).status
      #expect(answer4 == 409)
      #expect(context.stops["archive"] == nil)
      let done = try await Self.post(client, path, #"{"expect":2,"reason":"replaced"}"#)
      #expect(done.status == 200 && done.body["changed"] as? Int == 2)
      let answer5 = try await context.ledger.count(DeliveryFilter(states: [.waived]))
      #expect(answer5 == 2)
      #expect(context.stops["archive"]?.text == "retired by api: replaced")
    }
  }

  @Test(arguments: [
    ("destinations/archive/drain", "{}", 400), ("destinations/nobody/drain", #"{"reason":"x"}"#, 404),
    ("destinations/archive/drain", #"{"reason":"x","dryRun":true}"#, 400),
    ("destinations/archive/repoint", #"{"reason":"x"}"#, 400),
    ("destinations/archive/repoint", #"{"to":"archive","reason":"x"}"#, 400),
    ("destinations/archive/repoint", #"{"to":"nobody","reason":"x"}"#, 404),
    ("destinations/archive/repoint", #"{"to":"archive2"}"#, 400),
    ("maintenance", #"{"on":true}"#, 400), ("maintenance", #"{"on":false}"#, 409), ("maintenance", "{}", 400),
  ])
  func whatIsNotUnderstoodChangesNothing(path: String, body: String, status: Int) async throws {
    try await TestAPI.run(prepare: Self.fill) { client, context in
      let answer6 = try await Self.post(client, path, body).status
      #expect(answer6 == status)
      let answer7 = try await context.ledger.count(DeliveryFilter(states: [.queued]))
      #expect(answer7 == 2)
      let answer8 = try await context.ledger.alarms().isEmpty
      #expect(answer8)
    }
  }

  @Test func inMaintenanceNothingIsTakenAndNotReadyIsSaid() async throws {
    try await TestAPI.run { client, _ in
      let on = try await Self.post(client, "maintenance", #"{"on":true,"reason":"disk exchange"}"#)
      #expect(on.status == 200 && on.body["text"] as? String == "no intake, by api: disk exchange")
      let upload = try await client.execute(uri: "/instances", method: .post, body: ByteBuffer(string: "x"))
      #expect(upload.status == .serviceUnavailable)
      let send = try await client.execute(uri: "/api/v1/send?to=archive", method: .post, body: ByteBuffer(string: "x"))
      #expect(send.status == .serviceUnavailable)
      let ready = try await client.execute(uri: "/health/ready", method: .get)
      #expect(ready.status == .serviceUnavailable)
      let checks = try ready.body.object()["checks"] as? [String: String]
      #expect(checks?["intake"] == "in maintenance: no intake, by api: disk exchange")
      let answer9 = try await Self.post(client, "maintenance", #"{"on":false}"#).status
      #expect(answer9 == 200)
      let answer10 = try await client.execute(uri: "/health/ready", method: .get).status
      #expect(answer10 == .ok)
    }
  }
}
