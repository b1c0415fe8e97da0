import EscrowCore
import Logging
import NIOConcurrencyHelpers

/// One endpoint's queue: takes what is due from the outbox and sends it, a few requests at a time.
///
/// A try is recorded before its task leaves the queue, so what the ledger says is due and is not in flight here has
/// not been told. What is in flight when the process dies is told again with the same id.
struct EndpointQueue: Sendable {
  /// Without news the ledger is asked again after this, for the wall clock may have been set.
  static let longestWait: Duration = .minutes(10)

  let endpoint: WebhookEndpoint
  let attempt: WebhookAttempt
  let outbox: any WebhookOutbox
  let timing: DispatchTiming
  let logger: Logger
  private let bell = Bell()
  private let ended = Bell()
  /// Rung when the queue whose place this one took has ended.
  private let predecessorEnded: Bell?
  private let state = NIOLockedValueBox(QueueState())

  /// - Parameter predecessor: what is stopped for this one; what it is telling is told by it, not twice.
  init(_ endpoint: WebhookEndpoint, _ parts: WebhookDispatcher.Parts, after predecessor: EndpointQueue? = nil) {
    self.endpoint = endpoint
    predecessorEnded = predecessor?.ended
    outbox = parts.outbox
    timing = parts.timing
    attempt = WebhookAttempt(endpoint: endpoint, transport: parts.transport, timing: timing, apiURL: parts.apiURL)
    var logger = parts.logger
    logger[metadataKey: "endpoint"] = "\(endpoint.name)"
    self.logger = logger
  }

  /// Something may be due.
  func wake() { bell.ring() }

  /// Takes nothing more; ``run()`` returns when the requests that run have ended.
  func stop() {
    state.withLockedValue { $0.isStopping = true }
    bell.ring()
  }

  /// The endpoint answered: forget its failures.
  func recovered() {
    state.withLockedValue { $0.health.succeeded() }
    bell.ring()
  }

  /// Sends until stopped or cancelled.
  func run() async {
    await predecessorEnded?.wait()
    defer { ended.ring() }
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        let now = timing.now()
        switch state.withLockedValue({ $0.step(at: now) }) {
        case .stop: return
        case .waitForRoom: await bell.wait()
        case .waitUntil(let moment): await wait(until: moment)
        case .fetch(let limit, let room, let inFlight):
          let batch = await insist("read") { try await outbox.dueWebhooks(endpoint.name, limit: limit, now: now) }
          guard let batch else { return }
          let tasks = Array(batch.tasks.filter { !inFlight.contains($0.id) }.prefix(room))
          state.withLockedValue { $0.began(tasks) }
          for task in tasks { group.addTask { await tell(task) } }
          // What is due by now is in flight or waits for room, and both end with a ring.
          if tasks.count < room { await wait(until: batch.nextDue.flatMap { $0 > now ? $0 : nil }) }
        }
      }
    }
  }

  /// Makes one try and records how it ended. A try that was cancelled did not happen.
  private func tell(_ task: WebhookTask) async {
    if let outcome = await attempt.run(task) {
      log(outcome, of: task)
      let now = timing.now()
      state.withLockedValue { outcome.apply(to: &$0.health, now: now) }
      await insist("record") { try await outbox.recordWebhooks([outcome.result], now: now) }
      if outcome.isGone {
        await insist("disable") { try await outbox.setEndpoint(endpoint.name, disabled: "it answered 410", now: now) }
      }
    }
    state.withLockedValue { $0.ended(task) }
    bell.ring()
  }

  /// Waits for a ring, at most until `moment`.
  private func wait(until moment: Timestamp?) async {
    let latest = timing.now() + Self.longestWait
    let deadline = min(moment ?? latest, latest)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await bell.wait() }
      group.addTask { try? await timing.sleep(deadline) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Uses the ledger, again and again with growing pauses while it fails; nil when the task is cancelled.
  @discardableResult
  private func insist<Value>(_ what: String, _ use: () async throws -> Value) async -> Value? {
    var pause: Duration = .seconds(1)
    while !Task.isCancelled {
      do {
        return try await use()
      } catch {
        guard !Task.isCancelled else { break }
        logger.error("the ledger failed to \(what); trying again", metadata: ["error": "\(error)"])
        try? await timing.sleep(timing.now() + pause)
        pause = min(pause * 2, .seconds(60))
      }
    }
    return nil
  }

  private func log(_ outcome: WebhookAttempt.Outcome, of task: WebhookTask) {
    var metadata: Logger.Metadata = [
      "webhook": "\(task.messageID)", "event": "\(task.event.event.kind.rawValue)", "try": "\(task.tries + 1)",
    ]
    if let error = outcome.result.error { metadata["error"] = "\(error)" }
    switch outcome.result.next {
    case .done: logger.debug("told", metadata: metadata)
    case .again: logger.notice("not told; will try again", metadata: metadata)
    case .deadLetter: logger.warning("not told; given up", metadata: metadata)
    }
  }
}
