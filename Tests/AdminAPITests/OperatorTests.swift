import DICOM
import EscrowCore
import EscrowEngine
import Hummingbird
import HummingbirdTesting
import Testing

/// What an operator changes through the API.
@Suite struct OperatorTests {
  private static let now = Timestamp(microseconds: 1_764_000_000_000_000)

  /// Instance 1 failed at the archive, 2 is queued, 3 is held.
  private static func fill(_ ledger: any Ledger) async throws {
    for number in 1...2 { _ = try await ledger.admit(TestAPI.admission(number), now: now) }
    var held = TestAPI.admission(3)
    held.plan = RoutingPlan(deliveries: [], hold: "no route took it")
    _ = try await ledger.admit(held, now: now)
    let batch = try await ledger.claim("archive", limit: 1, lease: MonotonicTime(nanoseconds: 1), now: now)
    try await ledger.record(
      batch.claims.map { AttemptOutcome(key: $0.key, result: .failed(reason: "no"), startedAt: now) }, now: now)
  }

  /// Posts `body` to `path`; returns the ledger's state afterwards as `deliveries` or `instances` by state.
  private func post(
    _ path: String, _ body: String, status: Int = 200,
    _ check: @escaping @Sendable ([String: Any], any Ledger) async throws -> Void
  ) async throws {
    try await TestAPI.run(prepare: Self.fill) { client, context in
      let answer = try await client.execute(uri: "/api/v1/\(path)", method: .post, body: ByteBuffer(string: body))
      #expect(answer.status.code == status, "\(String(buffer: answer.body))")
      let object = try answer.body.object()
      try await check(object, context.ledger)
    }
  }

  @Test(arguments: ["hold", "cancel", "waive"])
  func whatStopsADeliveryNeedsAReason(verb: String) async throws {
    try await post("deliveries/\(verb)", #"{"filter":{"to":["archive"]}}"#, status: 400) { answer, ledger in
      #expect((answer["detail"] as? String)?.contains("reason") == true)
      let queued = try await ledger.count(DeliveryFilter(states: [.queued]))
      #expect(queued == 1)
    }
  }

  @Test(arguments: ["discard", "resolve", "confirm"])
  func whatIsDecidedAboutAnInstanceNeedsAReason(verb: String) async throws {
    try await post("instances/\(verb)", #"{"filter":{"state":["held"]},"reason":"  "}"#, status: 400) { _, ledger in
      let held = try await ledger.status().instances[.held]
      #expect(held == 1)
    }
  }

  @Test func aHoldIsShownWithItsReason() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, _ in
      let body = #"{"filter":{"state":["queued"]},"reason":"wrong patient","expect":1}"#
      let answer = try await client.execute(
        uri: "/api/v1/deliveries/hold", method: .post, body: ByteBuffer(string: body))
      #expect(try answer.body.object()["changed"] as? Int == 1)
      let list = try await client.execute(uri: "/api/v1/deliveries?state=queued", method: .get)
      let text = String(buffer: list.body)
      #expect(text.contains(#""reason":"wrong patient""#), "\(text)")
      #expect(text.contains(#""by":"api""#), "\(text)")
    }
  }

  @Test func whatIsSkippedIsListedWithItsReason() async throws {
    try await post("deliveries/waive", #"{"filter":{"to":["archive"]},"reason":"not needed"}"#) { answer, _ in
      #expect(answer["matched"] as? Int == 2)
      #expect(answer["changed"] as? Int == 1)
      let skipped = try #require((answer["skipped"] as? [[String: Any]])?.first)
      #expect(skipped["reason"] as? String == "the delivery is queued: cancel it first")
      #expect(skipped["id"] as? Int == 2)
    }
  }

  @Test func aDryRunOfADiscardTellsAndDoesNothing() async throws {
    let body = #"{"filter":{"state":["held"]},"dryRun":true,"reason":"test image"}"#
    try await post("instances/discard", body) { answer, ledger in
      #expect(answer["changed"] as? Int == 1)
      let held = try await ledger.status().instances[.held]
      #expect(held == 1)
    }
  }

  @Test func aDiscardIsDoneAndOnRecord() async throws {
    let body = #"{"filter":{"state":["held"]},"expect":1,"reason":"test image"}"#
    try await post("instances/discard", body) { answer, ledger in
      #expect(answer["changed"] as? Int == 1)
      let states = try await ledger.status().instances
      #expect(states[.purging] == 1)
      let last = try await ledger.events(after: ledger.lastEvent() - 1, limit: 1).first?.event
      #expect(last?.reason == "discarded: test image")
    }
  }

  @Test func anotherNumberThanExpectedDiscardsNothing() async throws {
    let body = #"{"filter":{"state":["held"]},"expect":2,"reason":"test image"}"#
    try await post("instances/discard", body, status: 409) { answer, ledger in
      #expect((answer["detail"] as? String)?.contains("1 match, 2 were expected") == true)
      let held = try await ledger.status().instances[.held]
      #expect(held == 1)
    }
  }

  @Test(arguments: [
    ("deliveries/hold", #"{"filter":{},"reason":"x"}"#), ("instances/discard", #"{"filter":{},"reason":"x"}"#),
    ("instances/discard", #"{"filter":{"to":["archive"]},"reason":"x"}"#),
    ("instances/reroute", #"{"filter":{"state":["lost"]}}"#), ("commitments/ask-again", #"{"filter":{"id":["1"]}}"#),
    ("purging/resume", #"{"why":"x"}"#),
  ])
  func whatIsNotUnderstoodIsRefused(path: String, body: String) async throws {
    try await post(path, body, status: 400) { _, ledger in
      let states = try await ledger.status().instances
      #expect(states[.held] == 1)
      #expect(states[.purging, default: 0] == 0)
    }
  }

  @Test func purgingIsResumedByAnOperator() async throws {
    try await TestAPI.run { client, context in
      try await context.ledger.raise(
        Alarm(.clockJumped, subject: "clock", since: Self.now, text: "forward by 3600 s"), event: nil)
      for (body, resumed, alarms) in [
        (#"{"dryRun":true}"#, true, 1), (#"{"reason":"NTP"}"#, true, 0), ("{}", false, 0),
      ] {
        let answer = try await client.execute(
          uri: "/api/v1/purging/resume", method: .post, body: ByteBuffer(string: body))
        #expect(try answer.body.object()["resumed"] as? Bool == resumed, "\(body)")
        let open = try await context.ledger.alarms().count
        #expect(open == alarms, "\(body)")
      }
    }
  }
}
