import DICOM
import EscrowCore
import GRDB

/// Finds deliveries by a filter, in the order of their admission, at a cost that does not grow with what is passed over.
struct DeliverySearch {
  private let filter: DeliveryFilter

  init(_ filter: DeliveryFilter) { self.filter = filter }

  /// The numbers of up to `limit` deliveries after `position`, and after which number the rest begins.
  ///
  /// Where rows must be looked at one by one, at most about ``RowScan/examined`` are: a page may be short and not the last.
  func page(after position: Int64?, limit: Int, in db: Database) throws -> (ids: [Int64], next: Int64?) {
    if needsScan { return try scan(in: db).run(after: position ?? 0, limit: limit, atMost: RowScan.examined, in: db) }
    let found = try ids(after: position, limit: limit + 1, in: db)
    let shown = Array(found.prefix(limit))
    return (shown, found.count > limit ? shown.last : nil)
  }

  /// Looks at each delivery of the queues that are meant.
  private func scan(in db: Database) throws -> RowScan {
    let queues = try db.counts().filter { $0.count > 0 && matches($0.destination, $0.state) }
    let (conditions, values) = filter.conditions(["d.id = ?"], [])
    return RowScan(
      lists: { position, window in
        try queues.map { queue in
          try db.rows(DeliverySearch.queue, queue.destination.rawValue, queue.state.rawValue, position, window) {
            $0.next()
          }
        }
      }, sql: "SELECT 1 FROM \(DeliveryRow.table) WHERE \(conditions)", values: values)
  }

  /// Whether no index finds what is meant.
  private var needsScan: Bool {
    let isNamed = filter.ids != nil || filter.instance != nil || filter.sopInstanceUID != nil
    return !isNamed && filter.studyInstanceUID == nil && filter.patientID == nil && filter.looksAtRows
  }

  /// The numbers of up to `limit` deliveries after `position`.
  func ids(after position: Int64?, limit: Int, in db: Database) throws -> [Int64] {
    if needsScan { return try scan(in: db).run(after: position ?? 0, limit: limit, atMost: .max, in: db).ids }
    let position = position ?? 0
    if let ids = filter.ids { return try named(ids, after: position, limit: limit, in: db) }
    if filter.instance != nil || filter.sopInstanceUID != nil || filter.studyInstanceUID != nil
      || filter.patientID != nil
    {
      return try ofInstances(after: position, limit: limit, in: db)
    }
    if filter.states == nil, filter.destinations == nil {
      return try db.rows("SELECT id FROM delivery WHERE id > ? ORDER BY id LIMIT ?", position, limit) { $0.next() }
    }
    return try inQueues(after: position, limit: limit, in: db)
  }

  /// How many deliveries there are, from the counters where they know.
  func count(in db: Database) throws -> Int {
    var plain = filter
    plain.states = nil
    plain.destinations = nil
    guard plain == DeliveryFilter() else { return try ids(after: nil, limit: Int(Int32.max), in: db).count }
    return try db.counts().filter { matches($0.destination, $0.state) }.map(\.count).reduce(0, +)
  }

  private func matches(_ destination: PeerName, _ state: DeliveryState) -> Bool {
    filter.destinations?.contains(destination) ?? true && filter.states?.contains(state) ?? true
  }

  /// Queue by queue: a queue is one destination and one state, and has an index in order.
  private func inQueues(after position: Int64, limit: Int, in db: Database) throws -> [Int64] {
    let queues = try db.counts().filter { $0.count > 0 && matches($0.destination, $0.state) }
    let found = try queues.flatMap { queue in
      try db.rows(DeliverySearch.queue, queue.destination.rawValue, queue.state.rawValue, position, limit) {
        $0.next() as Int64
      }
    }
    return Array(found.sorted().prefix(limit))
  }

  static let queue = """
    SELECT id FROM delivery INDEXED BY delivery_state WHERE destination = ? AND state = ? AND id > ? ORDER BY id LIMIT ?
    """

  private func named(_ ids: Set<DeliveryID>, after position: Int64, limit: Int, in db: Database) throws -> [Int64] {
    var found: [Int64] = []
    for id in ids.map(\.rawValue).sorted() where id > position && found.count < limit {
      let (conditions, values) = filter.conditions(["d.id = ?"], [id])
      found += try db.rows("SELECT d.id FROM \(DeliveryRow.table) WHERE \(conditions)", arguments: values) { $0.next() }
    }
    return found
  }

  private func ofInstances(after position: Int64, limit: Int, in db: Database) throws -> [Int64] {
    let (conditions, values) = filter.conditions(["d.id > ?"], [position])
    return try db.rows(
      """
      SELECT d.id FROM instance i CROSS JOIN delivery d ON d.instance = i.id
      WHERE \(conditions) ORDER BY d.id LIMIT \(limit)
      """,
      arguments: values
    ) { $0.next() }
  }
}

extension Database {
  /// How many deliveries of each destination are in each state.
  func counts() throws -> [(destination: PeerName, state: DeliveryState, count: Int)] {
    try rows(
      "SELECT destination, state, sum(n) FROM delivery_count GROUP BY destination, state ORDER BY destination, state"
    ) {
      (destination: try $0.raw(), state: try $0.raw(), count: $0.next())
    }
  }
}
