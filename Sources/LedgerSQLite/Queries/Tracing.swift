package import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func trace(_ uid: UID) async throws -> Trace {
    try await pool.read { try TraceReader(db: $0, uid: uid).read() }
  }

  package func transaction(_ uid: UID) async throws -> TransactionRecord? {
    try await pool.read { db in
      guard let found = try CommitmentRow.find(uid, in: db) else { return nil }
      return try db.complete(found)
    }
  }

  package func items(ofTransaction uid: UID) async throws -> [TransactionItem]? {
    try await pool.read { db in
      guard let found = try CommitmentRow.find(uid, in: db) else { return nil }
      return try db.rows(
        """
        SELECT delivery, sop_class, sop_instance, attempt, committed, reason_code, reported_by, decided_at
        FROM item WHERE commitment = ? ORDER BY sop_instance
        """,
        found.number
      ) { columns in
        TransactionItem(
          uid: uid, destination: found.record.destination, delivery: try columns.optionalRaw(),
          sop: try columns.sop(), attempt: columns.next(), openedAt: found.record.openedAt,
          committed: columns.optional(), reasonCode: columns.optional(), reportedBy: columns.optional(),
          decidedAt: columns.optionalTime())
      }
    }
  }

  package func transactions(_ filter: TransactionFilter, page: PageRequest) async throws -> Page<TransactionRecord> {
    let position = try page.position()
    return try await pool.read { db in
      let found = try TransactionSearch(filter).found(before: position, limit: page.limit + 1, in: db)
      return try Page(found, limit: page.limit, position: \.number) { try db.complete($0) }
    }
  }
}

extension Database {
  /// A transaction with its failed references.
  fileprivate func complete(_ found: CommitmentRow.Found) throws -> TransactionRecord {
    var record = found.record
    record.failed = try CommitmentRow.failed(of: found.number, in: self)
    return record
  }
}

/// Finds transactions by a filter, the latest opened first.
struct TransactionSearch {
  private let filter: TransactionFilter

  init(_ filter: TransactionFilter) { self.filter = filter }

  func found(before position: Int64?, limit: Int, in db: Database) throws -> [CommitmentRow.Found] {
    let position = position ?? .max
    let found =
      if let uid = filter.sopInstanceUID {
        try naming(uid, in: db).filter { $0.number < position && matches($0.record) }
      } else {
        try queues.flatMap { condition, values in
          try db.rows(Self.queue(condition), arguments: values + [position, limit], read: CommitmentRow.read)
        }
      }
    return Array(found.sorted { $0.number > $1.number }.prefix(limit))
  }

  private func matches(_ record: TransactionRecord) -> Bool {
    filter.destinations?.contains(record.destination) ?? true && filter.states?.contains(record.state) ?? true
  }

  static let ofState = "c.state = ?"
  static let ofDestination = "c.destination = ? AND c.state = ?"

  static func queue(_ condition: String) -> String {
    """
    SELECT \(CommitmentRow.columns) FROM commitment c WHERE \(condition) AND c.number < ?
    ORDER BY c.number DESC LIMIT ?
    """
  }

  /// Conditions that each are served in order by one index.
  private var queues: [(String, [Parameter])] {
    let states = filter.states ?? Set(TransactionRecord.State.allCases)
    guard let destinations = filter.destinations else {
      return states.map { (Self.ofState, [$0.rawValue]) }
    }
    return states.flatMap { state in
      destinations.map { (Self.ofDestination, [$0.rawValue, state.rawValue]) }
    }
  }

  private func naming(_ uid: UID, in db: Database) throws -> [CommitmentRow.Found] {
    try db.rows(
      """
      SELECT \(CommitmentRow.columns) FROM commitment c WHERE c.number IN (
        SELECT t.commitment FROM instance i CROSS JOIN delivery d ON d.instance = i.id
          CROSS JOIN item t ON t.delivery = d.id WHERE i.sop_instance = ?1
        UNION SELECT commitment FROM item WHERE delivery IS NULL AND sop_instance = ?1)
      """,
      uid.rawValue, read: CommitmentRow.read)
  }
}

/// Collects everything on record about one UID.
private struct TraceReader {
  let db: Database
  let uid: UID

  func read() throws -> Trace {
    let rows: [Int64] = try db.rows(TraceStatement.instances, uid.rawValue) { $0.next() }
    let consignments = try rows.compactMap { try db.consignment(row: $0)?.original }
    let deliveries = consignments.flatMap(\.deliveries).sorted { $0.id < $1.id }
    return Trace(
      instances: consignments.map(\.instance), deliveries: deliveries,
      attempts: try deliveries.flatMap { try attempts(of: $0.id) }, transactions: try items(of: deliveries),
      events: try events(of: consignments.map(\.instance.id)), summary: try SummaryRow.find(uid, in: db))
  }

  private func attempts(of delivery: DeliveryID) throws -> [AttemptRecord] {
    try db.rows(TraceStatement.attempts, delivery.rawValue, read: AttemptRow.read)
  }

  private func items(of deliveries: [Delivery]) throws -> [TransactionItem] {
    let ours = try deliveries.flatMap { try items(TraceStatement.items, $0.id.rawValue) }
    let manual = try items(TraceStatement.manualItems, uid.rawValue)
    return (ours + manual).sorted { ($0.0, $0.1.sop.instanceUID.rawValue) < ($1.0, $1.1.sop.instanceUID.rawValue) }
      .map(\.1)
  }

  private func items(_ sql: String, _ value: any DatabaseValueConvertible) throws -> [(Int64, TransactionItem)] {
    try db.rows(sql, value, read: TraceStatement.readItem)
  }

  private func events(of instances: [InstanceID]) throws -> [RecordedEvent] {
    var events = try instances.flatMap {
      try db.rows(TraceStatement.eventsOfInstance, $0.rawValue, read: EventRow.read)
    }
    events += try db.rows(TraceStatement.otherEvents, uid.rawValue, read: EventRow.read)
    events += try db.rows(TraceStatement.eventsOfStudy, uid.rawValue, read: EventRow.read)
    return events.sorted { $0.sequence < $1.sequence }
  }
}

/// What is on record about one UID.
enum TraceStatement {
  static let instances = """
    SELECT id FROM instance WHERE sop_instance = ?1 UNION SELECT id FROM instance WHERE study = ?1 ORDER BY id
    """
  static let attempts = "SELECT \(AttemptRow.columns) FROM attempt WHERE delivery = ? ORDER BY id"

  static let items = item("t.delivery = ?")
  static let manualItems = item("t.delivery IS NULL AND t.sop_instance = ?")

  /// Items for which a condition on `t` holds, with the number of their transaction.
  static func item(_ condition: String) -> String {
    """
    SELECT c.number, c.uid, c.destination, t.delivery, t.sop_class, t.sop_instance, t.attempt, c.opened_at,
      t.committed, t.reason_code, t.reported_by, t.decided_at
    FROM item t CROSS JOIN commitment c ON c.number = t.commitment WHERE \(condition)
    """
  }

  static func readItem(_ columns: inout Columns) throws -> (Int64, TransactionItem) {
    let number: Int64 = columns.next()
    return (
      number,
      TransactionItem(
        uid: try columns.raw(), destination: try columns.raw(), delivery: try columns.optionalRaw(),
        sop: try columns.sop(), attempt: columns.next(), openedAt: columns.time(), committed: columns.optional(),
        reasonCode: columns.optional(), reportedBy: columns.optional(), decidedAt: columns.optionalTime())
    )
  }

  private static let event = "SELECT \(EventRow.columns) FROM event v WHERE"
  static let eventsOfInstance = "\(event) v.instance = ?"
  /// Those of a SOP Instance UID that speak of no instance of ours.
  static let otherEvents = "\(event) v.instance IS NULL AND v.sop_instance = ?"
  static let eventsOfStudy = """
    \(event) v.instance IS NULL AND v.study = ?1 AND (v.sop_instance IS NULL OR v.sop_instance <> ?1)
    """
}
