import EscrowCore
import Testing

@testable import Webhooks

/// Other endpoints while the dispatcher runs.
@Suite struct WebhookChangeTests {
  private let clock = ManualClock()
  private let log = LogLines()

  private func dispatcher(_ outbox: FakeOutbox, _ transport: any HTTPSending) throws -> WebhookDispatcher {
    WebhookDispatcher(
      outbox: outbox, endpoints: [try endpoint()], transport: transport, timing: clock.timing, logger: log.logger)
  }

  @Test func aNewEndpointIsTold() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { _, _ in HTTPResponse(status: 200) }
    let dispatcher = try dispatcher(outbox, transport)
    await outbox.add("other", at: clock.now)
    try await running(dispatcher) {
      dispatcher.use([try endpoint(), try endpoint("other")])
      #expect(await next(outbox.tries)?.status == 200)
    }
    #expect(transport.requests.count == 1)
  }

  @Test func whatIsBeingToldToAnEndpointThatChangesIsToldOnce() async throws {
    let outbox = FakeOutbox()
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let transport = ScriptedTransport { count, _ in
      begin.yield()
      if count == 0 { for await _ in gate { break } }
      return HTTPResponse(status: 200)
    }
    let dispatcher = try dispatcher(outbox, transport)
    await outbox.add("ops", at: clock.now)
    try await running(dispatcher) {
      _ = await next(begun)
      dispatcher.use([try endpoint(url: "http://new.example/hook")])
      await outbox.add("ops", at: clock.now)
      dispatcher.wake()
      open.yield()
      #expect(await next(outbox.tries)?.status == 200)
      #expect(await next(outbox.tries)?.status == 200)
    }
    #expect(transport.requests.map(\.url) == ["http://receiver.example/hook", "http://new.example/hook"])
    #expect(transport.requests.compactMap { $0["webhook-id"] } == ["msg_1", "msg_2"])
  }

  @Test func anEndpointThatIsGoneIsToldNothing() async throws {
    let outbox = FakeOutbox()
    let transport = ScriptedTransport { _, _ in HTTPResponse(status: 200) }
    let dispatcher = try dispatcher(outbox, transport)
    try await running(dispatcher) {
      dispatcher.use([try endpoint("other")])
      await outbox.add("ops", at: clock.now)
      await outbox.add("other", at: clock.now)
      dispatcher.wake()
      _ = await next(outbox.tries)
      await #expect(throws: WebhookError.self) { try await dispatcher.ping("ops") }
    }
    #expect(await outbox.waiting == [1])
  }
}
