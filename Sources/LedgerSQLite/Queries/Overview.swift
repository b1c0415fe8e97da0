package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func status() async throws -> LedgerStatus {
    try await pool.read { db in
      var status = LedgerStatus()
      let instances: [(InstanceState, Int, Int64)] = try db.rows(
        "SELECT state, n, bytes FROM instance_count WHERE n > 0"
      ) {
        (try $0.raw(), $0.next(), $0.next())
      }
      status.instances = Dictionary(uniqueKeysWithValues: instances.map { ($0.0, $0.1) })
      status.bytes = instances.filter { $0.0 != .purged && $0.0 != .discarded }.reduce(0) { $0 + $1.2 }
      for (destination, state, count) in try db.counts() where count > 0 {
        status.count(count, of: state, at: destination)
      }
      for destination in status.backlogs.keys {
        status.backlogs[destination]?.oldest = try db.oldestOpen(at: destination)
      }
      return status
    }
  }

  package func openDestinations() async throws -> Set<PeerName> {
    try await pool.read { db in
      Set(try db.counts().filter { $0.count > 0 && !$0.state.isTerminal }.map(\.destination))
    }
  }

  package func sources() async throws -> [SourceRecord] {
    try await pool.read { db in
      try db.rows("SELECT peer, last_received, copies, bytes FROM source ORDER BY peer") {
        SourceRecord(try $0.raw(), lastReceived: $0.time(), copies: $0.next(), bytes: $0.next())
      }
    }
  }

  package func alarms(of kinds: Set<AlarmKind>, limit: Int) async throws -> [Alarm] {
    try await pool.read { db in
      try kinds.flatMap { kind in
        try db.rows(OverviewStatement.alarms, kind.rawValue, limit) {
          Alarm(kind, subject: $0.next(), since: $0.time(), text: $0.next())
        }
      }
    }.sorted()
  }

  package func events(after sequence: Int64, limit: Int) async throws -> [RecordedEvent] {
    try await pool.read { db in
      try db.rows(OverviewStatement.events, sequence, limit, read: EventRow.read)
    }
  }

  package func lastEvent() async throws -> Int64 {
    try await pool.read { try $0.number("SELECT max(sequence) FROM event") } ?? 0
  }

  package func endpoints() async throws -> [EndpointStatus] {
    try await pool.read { db in
      try db.rows("SELECT name, url, disabled, pending, dead, last_status, last_at FROM endpoint ORDER BY name") {
        EndpointStatus(
          name: $0.next(), url: $0.next(), disabled: $0.optional(), pending: $0.next(), deadLettered: $0.next(),
          lastStatus: $0.optional(), lastAt: $0.optionalTime())
      }
    }
  }

  package func webhookLog(_ endpoint: String, page: PageRequest) async throws -> Page<WebhookLogEntry> {
    let position = try page.position() ?? .max
    return try await pool.read { db in
      let rows = try db.rows(OverviewStatement.webhookLog, endpoint, position, page.limit + 1) { columns in
        let id: Int64 = columns.next()
        return (
          id,
          WebhookLogEntry(
            messageID: columns.next(), kind: try columns.raw(), state: try columns.raw(), tries: columns.next(),
            lastStatus: columns.optional(), lastError: columns.optional(), lastAt: columns.optionalTime(),
            nextAt: columns.optionalTime())
        )
      }
      return Page(rows, limit: page.limit, position: { $0.0 }, item: { $0.1 })
    }
  }
}

extension Database {
  /// When the oldest delivery that has not ended at `destination` was received.
  fileprivate func oldestOpen(at destination: PeerName) throws -> Timestamp? {
    let open = DeliveryState.allCases.filter { !$0.isTerminal }
    let first = try open.compactMap {
      try number(OverviewStatement.firstDelivery, destination.rawValue, $0.rawValue)
    }.min()
    guard let first else { return nil }
    return try self.first(OverviewStatement.receivedAt, first) { $0.time() }
  }
}

/// What the pages show all the time.
enum OverviewStatement {
  static let firstDelivery =
    "SELECT min(id) FROM delivery INDEXED BY delivery_state WHERE destination = ? AND state = ?"
  static let receivedAt = "SELECT i.received_at FROM \(DeliveryRow.table) WHERE d.id = ?"
  /// ?1 kind, ?2 limit.
  static let alarms = "SELECT subject, since, text FROM alarm WHERE kind = ? ORDER BY subject LIMIT ?"
  static let events = "SELECT \(EventRow.columns) FROM event v WHERE v.sequence > ? ORDER BY v.sequence LIMIT ?"

  static let webhookLog = """
    SELECT o.id, o.message_id, v.kind, o.state, o.tries, o.last_status, o.last_error, o.last_at, o.next_at
    FROM outbox o INDEXED BY outbox_endpoint CROSS JOIN event v ON v.sequence = o.event
    WHERE o.endpoint = ? AND o.id < ? ORDER BY o.id DESC LIMIT ?
    """
}
