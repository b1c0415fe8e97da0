package import EscrowCore
package import Logging
import NIOConcurrencyHelpers

/// Tells endpoints what happened: takes due rows of the outbox, sends them signed, records how it went.
///
/// Every endpoint has its own queue and task, so that one that hangs delays no other. Events are told at least
/// once, and their order is not promised; receivers know repetitions by `webhook-id` and order by `sequence`.
package struct WebhookDispatcher: Sendable {
  /// How long requests may go on after ``shutdown()``.
  package static let grace: Duration = .seconds(5)

  /// What all queues share.
  struct Parts: Sendable {
    var outbox: any WebhookOutbox
    var transport: any HTTPSending
    var timing: DispatchTiming
    var apiURL: String?
    var logger: Logger
  }

  private struct Roster {
    var queues: [EndpointQueue] = []
    var isStopping = false
  }

  private let parts: Parts
  private let roster = NIOLockedValueBox(Roster())
  /// Every queue there ever was, to be run.
  private let begun: AsyncStream<EndpointQueue>
  private let begin: AsyncStream<EndpointQueue>.Continuation
  private let stopping = Bell()

  /// - Parameter apiURL: where receivers reach the HTTP interface, for links in bodies; nil leaves them out.
  package init(
    outbox: any WebhookOutbox, endpoints: [WebhookEndpoint], transport: any HTTPSending, apiURL: String? = nil,
    timing: DispatchTiming = .system, logger: Logger
  ) {
    let base = apiURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    let parts = Parts(outbox: outbox, transport: transport, timing: timing, apiURL: base, logger: logger)
    self.parts = parts
    (begun, begin) = AsyncStream.makeStream(of: EndpointQueue.self)
    use(endpoints)
  }

  /// Sends until ``shutdown()`` or cancellation, which ends running requests at once.
  package func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await serve() }
      group.addTask {
        await stopping.wait()
        try? await parts.timing.sleep(parts.timing.now() + Self.grace)
      }
      await group.next()
      group.cancelAll()
    }
    try Task.checkCancellation()
  }

  /// Says that something may be due. Cheap; many calls count as one.
  package func wake() {
    for queue in queues { queue.wake() }
  }

  /// Tells these endpoints from now on. One that is as it was goes on; what is being told to one that changed or is gone
  /// ends first.
  package func use(_ endpoints: [WebhookEndpoint]) {
    let replaced: [EndpointQueue] = roster.withLockedValue { roster in
      guard !roster.isStopping else { return [] }
      var old = Dictionary(roster.queues.map { ($0.endpoint.name, $0) }, uniquingKeysWith: { first, _ in first })
      roster.queues = endpoints.map { endpoint in
        if let same = old[endpoint.name], same.endpoint == endpoint {
          old[endpoint.name] = nil
          return same
        }
        let queue = EndpointQueue(endpoint, parts, after: old[endpoint.name])
        begin.yield(queue)
        return queue
      }
      return Array(old.values)
    }
    for queue in replaced { queue.stop() }
  }

  private var queues: [EndpointQueue] { roster.withLockedValue { $0.queues } }

  /// Takes nothing more from the outbox and lets running requests end within ``grace``; then ``run()`` returns.
  package func shutdown() {
    let queues = roster.withLockedValue { roster in
      roster.isStopping = true
      return roster.queues
    }
    begin.finish()
    for queue in queues { queue.stop() }
    stopping.ring()
  }

  /// Sends a signed `ping` at once, whatever waits; a 2xx enables the endpoint if it was disabled.
  ///
  /// - Throws: ``WebhookError/unknownEndpoint(_:)``, or what the ledger throws.
  package func ping(_ name: String) async throws -> WebhookPing {
    guard let queue = queues.first(where: { $0.endpoint.name == name }) else {
      throw WebhookError.unknownEndpoint(name)
    }
    let now = parts.timing.now()
    let body = try WebhookBody(RecordedEvent(sequence: 0, event: EscrowEvent(.ping, at: now))).json()
    let request = queue.endpoint.request(id: "msg_\(InstanceID.new(at: now))", body: body, now: now)
    let ping: WebhookPing
    do {
      let response = try await parts.transport.send(request)
      ping = WebhookPing(status: response.status, seconds: response.seconds)
    } catch let error as WebhookError {
      ping = WebhookPing(status: nil, error: "\(error)", seconds: parts.timing.now().since(now).inSeconds)
    }
    if ping.isSuccess {
      try await parts.outbox.setEndpoint(name, disabled: nil, now: parts.timing.now())
      queue.recovered()
    }
    return ping
  }

  private func serve() async {
    await withDiscardingTaskGroup { group in
      for await queue in begun { group.addTask { await queue.run() } }
    }
  }
}
