import EscrowCore
import Testing

@testable import Webhooks

@Suite struct WebhookDispatcherTests {
  private let clock = ManualClock()
  private let log = LogLines()

  private func dispatcher(
    _ outbox: FakeOutbox, _ endpoints: [WebhookEndpoint], _ transport: any HTTPSending, apiURL: String? = nil
  ) -> WebhookDispatcher {
    WebhookDispatcher(
      outbox: outbox, endpoints: endpoints, transport: transport, apiURL: apiURL, timing: clock.timing,
      logger: log.logger)
  }

  @Test func triesAgainForThreeDaysWithTheSameID() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { _, _ in HTTPResponse(status: 500) }
    let start = clock.now
    await outbox.add("ops", at: start)
    var moments: [Duration] = []
    try await running(dispatcher(outbox, [endpoint()], transport)) {
      while let result = await next(outbox.tries), case .again(let at) = result.next {
        #expect(result.status == 500 && result.error == "HTTP 500")
        moments.append(at.since(start))
        clock.advance(to: at)
      }
    }
    let waits = [5, 30, 120, 600, 1800, 7200, 18_000, 36_000, 43_200, 43_200, 43_200, 43_200]
    let sums = waits.indices.map { Duration.seconds(waits[...$0].reduce(0, +)) }
    #expect(moments == sums)
    #expect(transport.requests.count == waits.count + 1)
    #expect(Set(transport.requests.map { $0["webhook-id"] }) == ["msg_1"])
    #expect(Set(transport.requests.map(\.body)).count == 1)
    #expect(Set(transport.requests.map { $0["webhook-timestamp"] }).count == waits.count + 1)
    #expect(await outbox.waiting == [])
    #expect(log.all.contains { $0.hasPrefix("warning") && $0.contains("given up") })
  }

  @Test func stopsTryingAfterASuccess() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { count, _ in
      if count == 0 { throw WebhookError.transfer(code: 7, text: "no connection") }
      return HTTPResponse(status: count == 1 ? 302 : 204)
    }
    await outbox.add("ops", at: clock.now)
    var errors: [String?] = []
    try await running(dispatcher(outbox, [endpoint()], transport)) {
      while let result = await next(outbox.tries) {
        errors.append(result.error)
        guard case .again(let at) = result.next else { break }
        clock.advance(to: at)
      }
    }
    #expect(errors == ["no connection", "HTTP 302: redirects are not followed", nil])
  }

  @Test func aSingleWakeIsEnough() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { _, _ in HTTPResponse(status: 200) }
    let dispatcher = dispatcher(outbox, [try endpoint()], transport)
    try await running(dispatcher) {
      await clock.sleeper(until: clock.now + EndpointQueue.longestWait)
      await outbox.add("ops", at: clock.now)
      for _ in 0..<1000 { dispatcher.wake() }
      #expect(await next(outbox.tries)?.next == .done)
    }
    #expect(transport.requests.count == 1)
  }

  @Test func doesNotReadTheLedgerWhileNothingHappens() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { _, _ in HTTPResponse(status: 200) }
    try await running(dispatcher(outbox, [endpoint()], transport)) {
      await clock.sleeper(until: clock.now + EndpointQueue.longestWait)
      #expect(await outbox.reads == 1)
      clock.advance(to: clock.now + EndpointQueue.longestWait)
      await clock.sleeper(until: clock.now + EndpointQueue.longestWait)
      #expect(await outbox.reads == 2)
    }
  }

  @Test func aReceiverThatIsGoneIsDisabled() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { count, _ in HTTPResponse(status: count == 0 ? 410 : 200) }
    let dispatcher = dispatcher(outbox, [try endpoint()], transport)
    await outbox.add("ops", at: clock.now)
    try await running(dispatcher) {
      #expect(await next(outbox.tries)?.next == .deadLetter)
      #expect(await next(outbox.changes) == "it answered 410")
      let response = try await dispatcher.ping("ops")
      #expect(response.status == 200)
      #expect(await next(outbox.changes) == .some(nil))
    }
    #expect(await outbox.disabled == [:])
  }

  @Test(arguments: [429, 503])
  func aBusyReceiverIsGivenTheTimeItAsksFor(status: Int) async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { count, _ in
      count == 0 ? HTTPResponse(status: status, retryAfter: .seconds(600)) : HTTPResponse(status: 200)
    }
    let start = clock.now
    let dispatcher = dispatcher(outbox, [try endpoint()], transport)
    await outbox.add("ops", at: start)
    try await running(dispatcher) {
      #expect(await next(outbox.tries)?.next == .again(at: start + .seconds(600)))
      // A new event waits as well.
      await outbox.add("ops", at: start)
      dispatcher.wake()
      await clock.sleeper(until: start + .seconds(600))
      #expect(transport.requests.count == 1)
      clock.advance(to: start + .seconds(600))
      #expect(await next(outbox.tries)?.next == .done)
      #expect(await next(outbox.tries)?.next == .done)
    }
  }

  @Test func otherFailuresHaveNoSayInTheSchedule() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { _, _ in HTTPResponse(status: 500, retryAfter: .seconds(600)) }
    await outbox.add("ops", at: clock.now)
    try await running(dispatcher(outbox, [endpoint()], transport)) {
      #expect(await next(outbox.tries)?.next == .again(at: clock.now + .seconds(5)))
    }
  }

  @Test func aBrokenEndpointIsProbedByOneRequestAtATime() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { count, _ in HTTPResponse(status: count < 12 ? 500 : 200) }
    let start = clock.now
    for _ in 0..<20 { await outbox.add("ops", at: start) }
    try await running(dispatcher(outbox, [endpoint()], transport)) {
      var taken = 0
      // Up to three more were under way when the tenth failed.
      while taken < 10, await next(outbox.tries) != nil { taken += 1 }
      await clock.sleeper(until: start + EndpointHealth.probePause)
      let before = transport.requests.count
      #expect((10...13).contains(before))
      clock.advance(to: start + EndpointHealth.probePause)
      while await !outbox.waiting.isEmpty, let result = await next(outbox.tries) {
        if case .again = result.next { clock.advance(to: clock.now + .minutes(1)) }
      }
    }
    #expect(await outbox.waiting == [])
  }

  @Test func atMostFourRequestsAtOnce() async throws {
    let outbox = FakeOutbox()
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let transport = ScriptedTransport { _, _ in
      begin.yield()
      for await _ in gate { break }
      return HTTPResponse(status: 200)
    }
    for _ in 0..<9 { await outbox.add("ops", at: clock.now) }
    let dispatcher = dispatcher(outbox, [try endpoint()], transport)
    try await running(dispatcher) {
      for _ in 0..<4 { _ = await next(begun) }
      dispatcher.wake()
      for started in 4..<9 {
        #expect(transport.requests.count == started)
        open.yield()
        _ = await next(begun)
      }
      for _ in 0..<4 { open.yield() }
      for _ in 0..<9 { #expect(await next(outbox.tries)?.next == .done) }
    }
    #expect(Set(transport.requests.map { $0["webhook-id"] }).count == 9)
  }

  @Test func theLedgersTroubleIsWaitedFor() async throws {
    let outbox = FakeOutbox(failures: 3)
    let transport = ScriptedTransport { _, _ in HTTPResponse(status: 200) }
    let start = clock.now
    await outbox.add("ops", at: start)
    try await running(dispatcher(outbox, [endpoint()], transport)) {
      for seconds in [1, 3, 7] {
        await clock.sleeper(until: start + .seconds(seconds))
        clock.advance(to: start + .seconds(seconds))
      }
      #expect(await next(outbox.tries)?.next == .done)
    }
    #expect(transport.requests.count == 1)
    #expect(log.all.count { $0.hasPrefix("error") } == 3)
  }

  @Test func patientDataGoesOnlyWhereItMay() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { count, _ in HTTPResponse(status: count == 0 ? 500 : 200) }
    await outbox.add("ops", at: clock.now, patientID: "CANARY-17")
    await outbox.add("lab", at: clock.now, patientID: "CANARY-17")
    try await running(dispatcher(outbox, [endpoint("ops"), endpoint("lab", includePatient: true)], transport)) {
      for _ in 0..<2 { _ = await next(outbox.tries) }
    }
    for request in transport.requests {
      let mayHaveIt = request.addressGuard.owner == "webhook lab"
      #expect(String(decoding: request.body, as: UTF8.self).contains("CANARY-17") == mayHaveIt)
    }
    #expect(!log.all.isEmpty)
    #expect(!log.all.contains { $0.contains("CANARY-17") || $0.contains("whsec") || $0.contains("MfKQ9r8") })
  }

  @Test func pingsAtOnce() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { count, _ in HTTPResponse(status: count == 0 ? 404 : 200) }
    let dispatcher = dispatcher(outbox, [try endpoint()], transport, apiURL: "https://escrow.example/")
    #expect(try await dispatcher.ping("ops").status == 404)
    #expect(try await dispatcher.ping("ops").status == 200)
    #expect(await next(outbox.changes) == .some(nil))
    await #expect(throws: WebhookError.unknownEndpoint("nobody")) { try await dispatcher.ping("nobody") }
    let request = try #require(transport.requests.first)
    #expect(String(decoding: request.body, as: UTF8.self).hasSuffix(#""type":"ping"}"#))
    #expect(request["webhook-signature"]?.hasPrefix("v1,") == true)
    #expect(Set(transport.requests.map { $0["webhook-id"] }).count == 2)
  }
}
