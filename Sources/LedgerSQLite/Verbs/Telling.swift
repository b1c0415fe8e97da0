package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func subscribe(_ endpoints: [EndpointSubscription], now: Timestamp) async throws {
    try await writer.perform { transaction in
      try transaction.db.run("DELETE FROM subscription")
      for endpoint in endpoints { try transaction.subscribe(endpoint) }
    }
  }

  package func dueWebhooks(_ endpoint: String, limit: Int, now: Timestamp) async throws -> WebhookBatch {
    try await pool.read { try OutboxRow.due(endpoint, limit: limit, now: now, in: $0) }
  }

  package func recordWebhooks(_ tries: [WebhookTry], now: Timestamp) async throws {
    try await writer.perform { transaction in
      for attempt in tries { try transaction.record(attempt, now: now) }
    }
  }

  package func replayWebhooks(_ endpoint: String, messageIDs: Set<String>?, now: Timestamp) async throws -> Int {
    var replayed = 0
    var last: Int64 = 0
    while true {
      let start = last
      let chunk = try await writer.perform { transaction in
        let dead = try transaction.db.rows(OutboxRow.dead, endpoint, start, 500) {
          (id: $0.next() as Int64, messageID: $0.next() as String)
        }
        let wanted = dead.filter { messageIDs?.contains($0.messageID) ?? true }
        for row in wanted { try transaction.db.run(OutboxRow.replay, now.microseconds, row.id) }
        return (end: dead.last?.id, count: wanted.count)
      }
      guard let end = chunk.end else { return replayed }
      replayed += chunk.count
      last = end
    }
  }

  package func setEndpoint(_ endpoint: String, disabled reason: String?, now: Timestamp) async throws {
    try await writer.perform { transaction in
      try transaction.db.run("UPDATE endpoint SET disabled = ? WHERE name = ?", reason, endpoint)
      guard let reason else { return try transaction.clear(.webhookDisabled, subject: endpoint, event: nil) }
      try transaction.raise(.webhookDisabled(endpoint, reason: reason, at: now), event: nil)
      try transaction.db.run(
        """
        UPDATE outbox SET state = 'deadLettered', next_at = NULL, last_error = ?
        WHERE endpoint = ? AND state = 'pending'
        """,
        reason, endpoint)
    }
  }
}

extension WriteTransaction {
  fileprivate func subscribe(_ endpoint: EndpointSubscription) throws {
    let isMoved = try db.exists(
      "SELECT 1 FROM endpoint WHERE name = ? AND url <> ? AND disabled IS NOT NULL", endpoint.name, endpoint.url)
    if isMoved { try clear(.webhookDisabled, subject: endpoint.name, event: nil) }
    try db.run(
      """
      INSERT INTO endpoint (name, url) VALUES (?, ?)
      ON CONFLICT DO UPDATE SET disabled = iif(url = excluded.url, disabled, NULL), url = excluded.url
      """,
      endpoint.name, endpoint.url)
    for kind in endpoint.events where kind.isPublic {
      try db.run("INSERT INTO subscription (kind, endpoint) VALUES (?, ?)", kind.rawValue, endpoint.name)
    }
  }

  /// What was dead-lettered while it was being tried counts if it succeeded; else it stays so.
  fileprivate func record(_ attempt: WebhookTry, now: Timestamp) throws {
    let (state, next, from): (WebhookLogEntry.State, Timestamp?, String) =
      switch attempt.next {
      case .done: (.delivered, nil, "'pending', 'deadLettered'")
      case .again(let at): (.pending, at, "'pending'")
      case .deadLetter: (.deadLettered, nil, "'pending'")
      }
    let endpoint: String? = try db.first(
      """
      UPDATE outbox SET state = ?, next_at = ?, tries = tries + 1, first_try_at = ifnull(first_try_at, ?),
        last_status = ?, last_error = ?, last_at = ?
      WHERE id = ? AND state IN (\(from)) RETURNING endpoint
      """,
      state.rawValue, next.stored, now.microseconds, attempt.status, attempt.error, now.microseconds, attempt.task
    ) { $0.next() }
    guard let endpoint else { return }
    try db.run(
      "UPDATE endpoint SET last_status = ?, last_at = ? WHERE name = ?", attempt.status, now.microseconds, endpoint)
  }
}
