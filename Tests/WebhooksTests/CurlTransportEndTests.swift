import Testing

@testable import Webhooks

/// Cancellation and shutdown.
@Suite struct CurlTransportEndTests {
  @Test func cancellingEndsTheTransfer() async throws {
    try await TestReceiver.with(answer: { $0 == 0 ? .hang : .status(200) }) { receiver in
      try await withTransport { transport in
        await withTaskGroup(of: Bool.self) { group in
          group.addTask {
            do {
              _ = try await transport.send(post(receiver.url))
              return false
            } catch { return error is CancellationError }
          }
          _ = await receiver.next(1)
          group.cancelAll()
          #expect(await group.next() == true)
        }
        let response = try await transport.send(post(receiver.url))
        #expect(response.status == 200)
      }
    }
  }

  @Test func aCancelledTaskSendsNothing() async throws {
    try await TestReceiver.with { receiver in
      try await withTransport { transport in
        await withTaskGroup(of: Void.self) { group in
          group.cancelAll()
          group.addTask {
            await #expect(throws: CancellationError.self) {
              try await transport.send(post(receiver.url))
            }
          }
        }
        #expect(receiver.received.isEmpty)
      }
    }
  }

  @Test func shutdownEndsWhatRunsAndRefusesWhatComes() async throws {
    try await TestReceiver.with(answer: { _ in .hang }) { receiver in
      let transport = try CurlTransport(.init(version: "1"))
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<5 {
          group.addTask {
            await #expect(throws: WebhookError.shutDown) { try await transport.send(post(receiver.url)) }
          }
        }
        _ = await receiver.next(5)
        await transport.shutdown()
      }
      await transport.shutdown()
      await #expect(throws: WebhookError.shutDown) { try await transport.send(post(receiver.url)) }
    }
  }
}
