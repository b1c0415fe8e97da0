import DICOM
import EscrowCore
import GRDB

/// Finds instances by a filter, in the order of their admission.
struct InstanceSearch {
  private let filter: InstanceFilter

  init(_ filter: InstanceFilter) { self.filter = filter }

  /// The numbers of up to `limit` instances after `position`, and after which number the rest begins.
  ///
  /// Where rows must be looked at one by one, at most about ``RowScan/examined`` are: a page may be short and not the last.
  func page(after position: Int64?, limit: Int, in db: Database) throws -> (ids: [Int64], next: Int64?) {
    if needsScan { return try scan(in: db).run(after: position ?? 0, limit: limit, atMost: RowScan.examined, in: db) }
    let found = try ids(after: position, limit: limit + 1, in: db)
    let shown = Array(found.prefix(limit))
    return (shown, found.count > limit ? shown.last : nil)
  }

  func ids(after position: Int64?, limit: Int, in db: Database) throws -> [Int64] {
    if needsScan { return try scan(in: db).run(after: position ?? 0, limit: limit, atMost: .max, in: db).ids }
    let position = position ?? 0
    if let ids = filter.ids { return try named(ids, after: position, limit: limit, in: db) }
    if isNamed { return try named(after: position, limit: limit, in: db) }
    guard let states = filter.states else {
      return try db.rows("SELECT id FROM instance WHERE id > ? ORDER BY id LIMIT ?", position, limit) { $0.next() }
    }
    let found = try states.flatMap { state in
      try db.rows(InstanceSearch.inState, state.rawValue, position, limit) { $0.next() as Int64 }
    }
    return Array(found.sorted().prefix(limit))
  }

  /// Up to ?2 instances whose ids follow ?1, by id.
  static let received = "SELECT id FROM instance WHERE uuid > ?1 ORDER BY uuid LIMIT ?2"

  static let inState = """
    SELECT id FROM instance INDEXED BY instance_state WHERE state = ? AND id > ? ORDER BY id LIMIT ?
    """

  /// Whether an index finds what has the names that are asked for.
  private var isNamed: Bool {
    filter.sopInstanceUID != nil || filter.studyInstanceUID != nil || filter.patientID != nil
  }

  /// Whether no index finds what is meant.
  private var needsScan: Bool {
    var plain = filter
    plain.states = nil
    return filter.ids == nil && !isNamed && plain != InstanceFilter()
  }

  /// Looks at each instance of the states that are meant.
  private func scan(in db: Database) -> RowScan {
    let states = filter.states ?? Set(InstanceState.allCases)
    let conditions = conditions(SQLConditions(texts: ["i.id = ?"], values: []))
    return RowScan(
      lists: { position, window in
        try states.map { try db.rows(InstanceSearch.inState, $0.rawValue, position, window) { $0.next() } }
      }, sql: "SELECT 1 FROM instance i WHERE \(conditions.texts.joined(separator: " AND "))",
      values: conditions.values)
  }

  private func named(_ ids: Set<InstanceID>, after position: Int64, limit: Int, in db: Database) throws -> [Int64] {
    let found = try ids.flatMap { try named(after: position, limit: limit, id: $0, in: db) }
    return Array(found.sorted().prefix(limit))
  }

  private func named(
    after position: Int64, limit: Int, id: InstanceID? = nil, in db: Database
  ) throws -> [Int64] {
    var first = SQLConditions(texts: ["i.id > ?"], values: [position])
    first.equal("i.uuid", id?.rawValue)
    let conditions = conditions(first)
    return try db.rows(
      """
      SELECT i.id FROM instance i WHERE \(conditions.texts.joined(separator: " AND ")) ORDER BY i.id LIMIT \(limit)
      """,
      arguments: conditions.values
    ) { $0.next() }
  }

  /// The filter but for ids as conditions on an instance `i`, after `first`.
  private func conditions(_ first: SQLConditions) -> SQLConditions {
    var sql = first
    sql.equal("i.sop_instance", filter.sopInstanceUID?.rawValue)
    sql.equal("i.study", filter.studyInstanceUID?.rawValue)
    sql.equal("i.patient_id", filter.patientID)
    sql.isOne("i.state", filter.states?.map(\.rawValue))
    sql.isOne("i.calling_ae", filter.callingAEs?.map(\.rawValue))
    sql.isOne("i.peer", filter.peers?.map(\.rawValue))
    sql.contains("coalesce(i.reason, '')", filter.reason)
    sql.compare("i.received_at <", filter.receivedBefore)
    sql.compare("i.received_at >=", filter.receivedAfter)
    return sql
  }
}
