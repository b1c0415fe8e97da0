import DICOM
import EscrowCore

@testable import Webhooks

/// An outbox in memory that follows the ledger's verbs.
actor FakeOutbox: WebhookOutbox {
  struct Broken: Error {}

  private struct Row {
    var task: WebhookTask
    /// Nil when told or given up.
    var dueAt: Timestamp?
  }

  /// Every recorded try, in order.
  nonisolated let tries: AsyncStream<WebhookTry>
  /// Every change of an endpoint, with the reason it is disabled for.
  nonisolated let changes: AsyncStream<String?>
  private let recorded: AsyncStream<WebhookTry>.Continuation
  private let changed: AsyncStream<String?>.Continuation
  private var rows: [Row] = []
  private var failures: Int
  private(set) var disabled: [String: String] = [:]
  private(set) var reads = 0
  /// The most tasks that were asked for at once.
  private(set) var largestLimit = 0

  /// - Parameter failures: how many calls fail before the first succeeds.
  init(failures: Int = 0) {
    (tries, recorded) = AsyncStream.makeStream(of: WebhookTry.self)
    (changes, changed) = AsyncStream.makeStream(of: String?.self)
    self.failures = failures
  }

  /// Puts an event in the queue of an endpoint, due at once.
  func add(_ endpoint: String, _ kind: EventKind = .studyCommitted, at now: Timestamp, patientID: String? = nil) {
    let id = Int64(rows.count + 1)
    let event = EscrowEvent(kind, at: now, studyInstanceUID: "1.2.3", instances: 2, failed: 0)
    let task = WebhookTask(
      id: id, messageID: "msg_\(id)", endpoint: endpoint, event: RecordedEvent(sequence: 100 + id, event: event),
      tries: 0, firstTryAt: nil, patientID: patientID)
    rows.append(Row(task: task, dueAt: now))
  }

  /// What still waits.
  var waiting: [Int64] { rows.filter { $0.dueAt != nil }.map(\.task.id) }

  func subscribe(_ endpoints: [EndpointSubscription], now: Timestamp) {}

  func dueWebhooks(_ endpoint: String, limit: Int, now: Timestamp) throws -> WebhookBatch {
    reads += 1
    largestLimit = max(largestLimit, limit)
    try failIfAsked()
    let mine = rows.filter { $0.task.endpoint == endpoint && $0.dueAt != nil }
    let due = mine.filter { $0.dueAt.map { $0 <= now } ?? false }.prefix(limit)
    let later = mine.compactMap(\.dueAt).filter { $0 > now }.min()
    return WebhookBatch(tasks: due.map(\.task), nextDue: later)
  }

  func recordWebhooks(_ tries: [WebhookTry], now: Timestamp) throws {
    try failIfAsked()
    for result in tries {
      guard let index = rows.firstIndex(where: { $0.task.id == result.task }) else { continue }
      rows[index].task.tries += 1
      rows[index].task.firstTryAt = rows[index].task.firstTryAt ?? now
      if case .again(let at) = result.next { rows[index].dueAt = at } else { rows[index].dueAt = nil }
      recorded.yield(result)
    }
  }

  func replayWebhooks(_ endpoint: String, messageIDs: Set<String>?, now: Timestamp) -> Int { 0 }

  func setEndpoint(_ endpoint: String, disabled reason: String?, now: Timestamp) throws {
    try failIfAsked()
    disabled[endpoint] = reason
    if reason != nil {
      for index in rows.indices where rows[index].task.endpoint == endpoint { rows[index].dueAt = nil }
    }
    changed.yield(reason)
  }

  private func failIfAsked() throws {
    guard failures > 0 else { return }
    failures -= 1
    throw Broken()
  }
}
