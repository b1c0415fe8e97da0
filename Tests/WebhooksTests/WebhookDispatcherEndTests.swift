import EscrowCore
import Testing

@testable import Webhooks

/// Shutdown and cancellation.
@Suite struct WebhookDispatcherEndTests {
  private let clock = ManualClock()
  private let log = LogLines()

  private func dispatcher(
    _ outbox: FakeOutbox, _ endpoints: [WebhookEndpoint], _ transport: any HTTPSending, apiURL: String? = nil
  ) -> WebhookDispatcher {
    WebhookDispatcher(
      outbox: outbox, endpoints: endpoints, transport: transport, apiURL: apiURL, timing: clock.timing,
      logger: log.logger)
  }

  @Test func runningRequestsMayEndAfterShutdown() async throws {
    let outbox = FakeOutbox()
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let transport = ScriptedTransport { _, _ in
      begin.yield()
      for await _ in gate { break }
      return HTTPResponse(status: 200)
    }
    for _ in 0..<6 { await outbox.add("ops", at: clock.now) }
    let dispatcher = dispatcher(outbox, [try endpoint()], transport)
    try await running(dispatcher) {
      for _ in 0..<4 { _ = await next(begun) }
      dispatcher.shutdown()
      for _ in 0..<4 { open.yield() }
    }
    #expect(transport.requests.count == 4)
    #expect(await outbox.waiting.count == 2)
  }

  @Test func hangingRequestsAreEndedSomeTimeAfterShutdown() async throws {
    let outbox = FakeOutbox()
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let transport = ScriptedTransport { _, _ in
      begin.yield()
      try await Task.sleep(for: .seconds(86_400))
      return HTTPResponse(status: 200)
    }
    await outbox.add("ops", at: clock.now)
    let dispatcher = dispatcher(outbox, [try endpoint()], transport)
    try await running(dispatcher) {
      _ = await next(begun)
      dispatcher.shutdown()
      let end = clock.now + WebhookDispatcher.grace
      await clock.sleeper(until: end)
      clock.advance(to: end)
    }
    #expect(await outbox.waiting == [1], "an interrupted try is no try")
  }

  @Test func endsWhenCancelled() async throws {
    let dispatcher = dispatcher(FakeOutbox(), [try endpoint()], ScriptedTransport { _, _ in HTTPResponse(status: 200) })
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await #expect(throws: CancellationError.self) { try await dispatcher.run() } }
      await clock.sleeper(until: clock.now + EndpointQueue.longestWait)
      group.cancelAll()
    }
  }

  @Test func withoutEndpointsItRunsUntilShutdown() async throws {
    let dispatcher = dispatcher(FakeOutbox(), [], ScriptedTransport { _, _ in HTTPResponse(status: 200) })
    try await running(dispatcher) { dispatcher.wake() }
  }
}
