import EscrowCore
import Logging
import NIOConcurrencyHelpers

@testable import Webhooks

let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
let otherSecret = "whsec_c2Vjb25kIHNlY3JldCBvZiBhIHJvdGF0aW9u"
let loopback = ["127.0.0.0/8"].compactMap(AddressRange.init)

/// An endpoint that may be on loopback.
func endpoint(
  _ name: String = "ops", url: String = "http://receiver.example/hook", secrets: [String] = [secret],
  includePatient: Bool = false
) throws -> WebhookEndpoint {
  try WebhookEndpoint(
    name: name, url: url, secrets: secrets, allowAddresses: loopback, includePatient: includePatient)
}

/// Runs `body` beside a running dispatcher, then shuts it down and waits for its end.
func running(_ dispatcher: WebhookDispatcher, _ body: () async throws -> Void) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await dispatcher.run() }
    try await body()
    dispatcher.shutdown()
    try await group.waitForAll()
  }
}

/// Keeps what is logged.
struct LogLines: Sendable {
  private let lines = NIOLockedValueBox<[String]>([])

  var all: [String] { lines.withLockedValue { $0 } }
  var logger: Logger { Logger(label: "test", factory: { _ in Handler(lines: lines) }) }

  private struct Handler: LogHandler {
    let lines: NIOLockedValueBox<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }
      lines.withLockedValue { $0.append("\(event.level) \(event.message) \(all)") }
    }
  }
}

/// Waits for the next element of a stream that never ends.
func next<Element: Sendable>(_ stream: AsyncStream<Element>) async -> Element? {
  for await element in stream { return element }
  return nil
}
