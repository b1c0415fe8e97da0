import EscrowCore
import GRDB

/// How what an endpoint is to be told is written to and read from its row.
enum OutboxRow {
  /// Writes a message for an endpoint; a disabled one gets it dead-lettered at once.
  static func insert(event: Int64, at time: Timestamp, endpoint: String, disabled: String?, in db: Database) throws {
    let state: WebhookLogEntry.State = disabled == nil ? .pending : .deadLettered
    try db.run(
      "INSERT INTO outbox (message_id, endpoint, event, state, next_at, last_error) VALUES (?, ?, ?, ?, ?, ?)",
      WebhookTask.newMessageID(), endpoint, event, state.rawValue, disabled == nil ? time.microseconds : nil, disabled)
  }

  /// Up to ?2 whose time has come at ?3, or that wait beyond ?4, longer than any wait: ?1 endpoint.
  static let due = """
    SELECT id FROM (
      SELECT * FROM (\(pending) AND next_at <= ?3 ORDER BY next_at, id LIMIT ?2)
      UNION ALL SELECT * FROM (\(pending) AND next_at > ?4 ORDER BY next_at, id LIMIT ?2))
    LIMIT ?2
    """

  /// When the first one that is not due is: ?1 endpoint, ?2 now.
  static let next = """
    SELECT min(next_at) FROM outbox INDEXED BY outbox_due WHERE endpoint = ?1 AND state = 'pending' AND next_at > ?2
    """

  private static let pending =
    "SELECT id, next_at FROM outbox INDEXED BY outbox_due WHERE endpoint = ?1 AND state = 'pending'"

  /// Up to ?3 dead letters of an endpoint (?1) after ?2.
  static let dead = """
    SELECT id, message_id FROM outbox INDEXED BY outbox_dead
    WHERE endpoint = ?1 AND state = 'deadLettered' AND id > ?2 ORDER BY id LIMIT ?3
    """

  /// Puts a dead letter (?2) back, due at ?1.
  static let replay = """
    UPDATE outbox SET state = 'pending', tries = 0, first_try_at = NULL, next_at = ?1 WHERE id = ?2
    """

  static func due(_ endpoint: String, limit: Int, now: Timestamp, in db: Database) throws -> WebhookBatch {
    let ids: [Int64] = try db.rows(
      due, endpoint, limit + 1, now.microseconds, (now + Waiting.longest).microseconds
    ) { $0.next() }
    let tasks = try ids.prefix(limit).sorted().compactMap { try task($0, in: db) }
    if ids.count > limit { return WebhookBatch(tasks: tasks, nextDue: now) }
    let next = try db.number(next, endpoint, now.microseconds).map(Timestamp.init(microseconds:))
    return WebhookBatch(tasks: tasks, nextDue: next.flatMap { Waiting.isOver($0, now: now) ? nil : $0 })
  }

  private static func task(_ id: Int64, in db: Database) throws -> WebhookTask? {
    try db.first(
      """
      SELECT o.id, o.message_id, o.endpoint, o.tries, o.first_try_at,
        (SELECT i.patient_id FROM instance i
          WHERE i.id = ifnull((SELECT id FROM instance WHERE uuid = v.instance),
            (SELECT min(id) FROM instance WHERE study = v.study))),
        \(EventRow.columns)
      FROM outbox o JOIN event v ON v.sequence = o.event WHERE o.id = ?
      """,
      id
    ) { columns in
      let id: Int64 = columns.next()
      let messageID: String = columns.next()
      let endpoint: String = columns.next()
      let tries: Int = columns.next()
      let firstTryAt: Timestamp? = columns.optionalTime()
      let patientID: String? = columns.optional()
      return WebhookTask(
        id: id, messageID: messageID, endpoint: endpoint, event: try EventRow.read(&columns), tries: tries,
        firstTryAt: firstTryAt, patientID: patientID)
    }
  }
}
