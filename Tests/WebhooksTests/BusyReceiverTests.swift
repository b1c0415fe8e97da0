import EscrowCore
import Foundation
import NIOHTTP1
import Testing

@testable import Webhooks

/// Receivers that ask for time, are dead, or are many: over real sockets, with a clock of the test's own.
@Suite struct BusyReceiverTests {
  private func dispatcher(
    _ outbox: FakeOutbox, _ endpoints: [WebhookEndpoint], _ transport: CurlTransport, _ clock: ManualClock
  ) -> WebhookDispatcher {
    WebhookDispatcher(
      outbox: outbox, endpoints: endpoints, transport: transport, timing: clock.timing, logger: LogLines().logger)
  }

  private static func date(in seconds: Double) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return formatter.string(from: Date(timeIntervalSinceNow: seconds))
  }

  /// What a header does to the wait after the first try, in seconds; `in n` is the date in so many.
  @Test(arguments: [
    ("0", 5...5), ("3", 5...5), ("77", 77...77), ("3600", 3600...3600), ("7200", 3600...3600),
    ("99999999999999999999", 5...3600), ("-5", 5...5), ("soon", 5...5), ("", 5...5), ("in 1000", 500...1000),
    ("in 90000", 3600...3600), ("in -1000", 5...5),
  ])
  func retryAfterIsObeyedUpToAnHour(header: String, wait: ClosedRange<Int>) async throws {
    let answer: @Sendable (Int) -> TestReceiver.Answer = { count in
      let value = header.hasPrefix("in ") ? Self.date(in: Double(header.dropFirst(3)) ?? 0) : header
      return count == 0 ? .status(503, headers: [("Retry-After", value)]) : .status(200)
    }
    try await TestReceiver.with(answer: answer) { receiver in
      let outbox = FakeOutbox()
      let clock = ManualClock()
      let transport = try CurlTransport(.init(version: "1"))
      let start = clock.now
      await outbox.add("ops", at: start)
      try await running(dispatcher(outbox, [endpoint(url: receiver.url)], transport, clock)) {
        guard case .again(let at)? = await next(outbox.tries)?.next else {
          Issue.record("not tried again")
          return
        }
        let seconds = Int(at.since(start).inSeconds)
        #expect(wait.contains(seconds), "\(seconds)")
        clock.advance(to: at)
        #expect(await next(outbox.tries)?.next == .done)
      }
      await transport.shutdown()
    }
  }

  /// Twenty thousand events for an endpoint that nobody answers at: few requests, and never more than a few of them in
  /// memory; another endpoint hears everything meanwhile.
  @Test func aDeadEndpointCostsNothing() async throws {
    let dead = try await TestReceiver.with { $0.url }
    try await TestReceiver.with { receiver in
      let outbox = FakeOutbox()
      let clock = ManualClock()
      let transport = try CurlTransport(.init(version: "1"))
      for _ in 0..<20_000 { await outbox.add("dead", at: clock.now) }
      for _ in 0..<200 { await outbox.add("ops", at: clock.now) }
      let endpoints = [try endpoint("dead", url: dead), try endpoint(url: receiver.url)]
      try await running(dispatcher(outbox, endpoints, transport, clock)) {
        var told = 0
        var failed = 0
        while told < 200 || failed < EndpointHealth.patience, let result = await next(outbox.tries) {
          if result.next == .done { told += 1 } else { failed += 1 }
        }
        await clock.sleeper(until: clock.now + EndpointHealth.probePause)
        #expect(await outbox.waiting.count == 20_000)
        #expect(await outbox.largestLimit <= 8)
        #expect(await outbox.reads < 600)
      }
      #expect(receiver.received.count == 200)
      await transport.shutdown()
    }
  }

  @Test func manyEndpointsAtOnceAllHearEverything() async throws {
    try await TestReceiver.with { receiver in
      let outbox = FakeOutbox()
      let clock = ManualClock()
      let transport = try CurlTransport(.init(version: "1"))
      let names = (1...60).map { "endpoint\($0)" }
      for name in names { for _ in 0..<10 { await outbox.add(name, at: clock.now) } }
      let endpoints = try names.map { try endpoint($0, url: receiver.url + "/\($0)") }
      try await running(dispatcher(outbox, endpoints, transport, clock)) {
        for _ in 0..<600 { #expect(await next(outbox.tries)?.next == .done) }
      }
      let heard = Dictionary(grouping: receiver.received, by: \.head.uri)
      #expect(heard.count == 60 && heard.values.allSatisfy { $0.count == 10 })
      #expect(Set(receiver.received.compactMap { $0.head.headers["webhook-id"].first }).count == 600)
      await transport.shutdown()
    }
  }

  /// While a secret is being replaced, a receiver that knows either one can verify.
  @Test(arguments: [secret, otherSecret]) func eitherSecretVerifies(known: String) async throws {
    try await TestReceiver.with { receiver in
      let outbox = FakeOutbox()
      let clock = ManualClock()
      let transport = try CurlTransport(.init(version: "1"))
      await outbox.add("ops", at: clock.now)
      let rotating = try endpoint(url: receiver.url, secrets: [secret, otherSecret])
      try await running(dispatcher(outbox, [rotating], transport, clock)) {
        #expect(await next(outbox.tries)?.next == .done)
      }
      let request = try #require(receiver.received.first)
      let headers = request.head.headers
      let stamp = try #require(headers["webhook-timestamp"].first.flatMap { Int64($0) })
      let expected = try #require(WebhookSecret(known)).signature(
        id: headers["webhook-id"].first ?? "", timestamp: stamp, body: request.body)
      #expect(headers["webhook-signature"].first?.split(separator: " ").contains { $0 == expected } == true)
      await transport.shutdown()
    }
  }
}
