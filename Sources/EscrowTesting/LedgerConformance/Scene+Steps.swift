import DICOM
import EscrowCore

extension Scene {
  func answer(_ number: Int, _ answer: RequestAnswer, at seconds: Int) async throws {
    try await ledger.recordRequest(.transaction(number), answer: answer, now: .at(seconds))
  }

  func transaction(_ number: Int, file: StaticString = #fileID, line: UInt = #line) async throws -> TransactionRecord {
    try require(
      try await ledger.transaction(.transaction(number)), "transaction \(number)", file: file, line: line)
  }

  /// How many reports of the archive are overdue.
  func overdue(at seconds: Int) async throws -> Int {
    try await ledger.expireReports(policies: ["archive": Scene.policy], now: .at(seconds))["archive"] ?? 0
  }

  /// Sends all that is due, and fails.
  func fail(_ destination: PeerName = "archive", reason: String = "refused", at seconds: Int) async throws {
    for claim in try await claim(destination, at: seconds).claims {
      try await record(claim, .failed(reason: reason), status: 0xA900, at: seconds)
    }
  }

  func finishPurge(_ number: Int, at seconds: Int) async throws {
    try await ledger.finishPurge([.number(number)], now: .at(seconds))
  }

  @discardableResult
  func advance(at seconds: Int) async throws -> Timestamp? {
    try await ledger.advanceStudies(quiet: .seconds(60), now: .at(seconds))
  }

  /// Gives the endpoint `hook` what it wants to be told.
  func subscribe(_ events: Set<EventKind> = [.ping], url: String = "https://a.test", at seconds: Int = 0) async throws {
    try await ledger.subscribe([EndpointSubscription(name: "hook", url: url, events: events)], now: .at(seconds))
  }

  func tell(_ kind: EventKind = .ping, at seconds: Int) async throws {
    try await ledger.tell(EscrowEvent(kind, at: .at(seconds)))
  }

  func due(limit: Int = 100, at seconds: Int) async throws -> WebhookBatch {
    try await ledger.dueWebhooks("hook", limit: limit, now: .at(seconds))
  }

  /// Records how a try to tell `task` ended.
  func tried(_ task: WebhookTask, _ next: WebhookTry.Next, status: Int? = 200, at seconds: Int) async throws {
    let attempt = WebhookTry(task: task.id, status: status, error: nil, seconds: 0.1, next: next)
    try await ledger.recordWebhooks([attempt], now: .at(seconds))
  }

  func endpoint(file: StaticString = #fileID, line: UInt = #line) async throws -> EndpointStatus {
    try require(try await ledger.endpoints().first, "endpoint", file: file, line: line)
  }
}
