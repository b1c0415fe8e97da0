import EscrowCore
import NIOHTTP1
import Testing

@testable import Webhooks

/// The whole way: outbox, dispatcher, libcurl, receivers on sockets.
@Suite struct WebhookDeliveryTests {
  @Test func aHangingReceiverDelaysNoOther() async throws {
    try await TestReceiver.with(answer: { _ in .hang }) { slow in
      try await TestReceiver.with(answer: { _ in .status(200) }) { fast in
        let outbox = FakeOutbox()
        let clock = ManualClock()
        let transport = try CurlTransport(.init(version: "1"))
        let dispatcher = WebhookDispatcher(
          outbox: outbox, endpoints: [try endpoint("slow", url: slow.url), try endpoint("fast", url: fast.url)],
          transport: transport, timing: clock.timing, logger: LogLines().logger)
        for _ in 0..<10 { await outbox.add("slow", at: clock.now) }
        try await running(dispatcher) {
          _ = await slow.next(4)
          for _ in 0..<50 { await outbox.add("fast", at: clock.now) }
          dispatcher.wake()
          // On a slow machine the hanging requests may end meanwhile.
          var told = 0
          while told < 50, let result = await next(outbox.tries) { told += result.next == .done ? 1 : 0 }
          dispatcher.shutdown()
          await clock.sleeper(until: clock.now + WebhookDispatcher.grace)
          clock.advance(to: clock.now + WebhookDispatcher.grace)
        }
        #expect(Set(fast.received.map { $0.head.headers["webhook-id"] }).count == 50)
        #expect(await outbox.waiting.count == 10)
        await transport.shutdown()
      }
    }
  }

  @Test func whatAReceiverLosesComesAgainWithTheSameID() async throws {
    try await TestReceiver.with(answer: { [.status(500), .resetInBody, .status(200)][min($0, 2)] }) { receiver in
      let outbox = FakeOutbox()
      let clock = ManualClock()
      let transport = try CurlTransport(.init(version: "1"))
      let dispatcher = WebhookDispatcher(
        outbox: outbox, endpoints: [try endpoint(url: receiver.url, secrets: [secret, otherSecret])],
        transport: transport, timing: clock.timing, logger: LogLines().logger)
      await outbox.add("ops", at: clock.now)
      try await running(dispatcher) {
        while let result = await next(outbox.tries), case .again(let at) = result.next { clock.advance(to: at) }
      }
      let headers = receiver.received.map(\.head.headers)
      #expect(headers.count == 3)
      #expect(Set(headers.map { $0["webhook-id"] }) == [["msg_1"]])
      #expect(Set(headers.map { $0["webhook-timestamp"] }).count == 3)
      #expect(headers.allSatisfy { $0["webhook-signature"].first?.split(separator: " ").count == 2 })
      await transport.shutdown()
    }
  }
}
