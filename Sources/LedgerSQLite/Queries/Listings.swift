import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func instance(_ id: InstanceID) async throws -> Instance? {
    try await pool.read { db in
      try db.first(
        "SELECT \(InstanceRow.columns) FROM instance i WHERE i.uuid = ?", id.rawValue, read: InstanceRow.read)
    }
  }

  package func instances(_ filter: InstanceFilter, page: PageRequest) async throws -> Page<InstanceRecord> {
    let position = try page.position()
    return try await pool.read { db in
      let ids = try InstanceSearch(filter).ids(after: position, limit: page.limit + 1, in: db)
      return try Page(ids, limit: page.limit, position: { $0 }) { id in
        guard let found = try db.consignment(row: id)?.original else {
          throw LedgerError.malformedRow("instance \(id)")
        }
        return InstanceRecord(instance: found.instance, deliveries: found.deliveries)
      }
    }
  }

  package func instances(after id: InstanceID, limit: Int) async throws -> [InstanceRecord] {
    try await pool.read { db in
      let rows: [Int64] = try db.rows(InstanceSearch.received, id.rawValue, limit) { $0.next() }
      return try rows.map { row in
        guard let found = try db.consignment(row: row)?.original else {
          throw LedgerError.malformedRow("instance \(row)")
        }
        return InstanceRecord(instance: found.instance, deliveries: found.deliveries)
      }
    }
  }

  package func deliveries(_ filter: DeliveryFilter, page: PageRequest) async throws -> Page<DeliveryRecord> {
    let position = try page.position()
    return try await pool.read { db in
      let ids = try DeliverySearch(filter).ids(after: position, limit: page.limit + 1, in: db)
      return try Page(ids, limit: page.limit, position: { $0 }) { try db.deliveryRecord($0) }
    }
  }

  package func count(_ filter: DeliveryFilter) async throws -> Int {
    try await pool.read { try DeliverySearch(filter).count(in: $0) }
  }

  package func files(after file: InstanceID?, ending: String, limit: Int) async throws -> [ExpectedFile] {
    try await pool.read { db in
      try db.rows(FileStatement.files, file?.rawValue ?? "", limit, ending) {
        ExpectedFile(
          instance: try $0.raw(), file: try $0.raw(), state: try $0.raw(), dataSetLength: $0.next(),
          digest: try $0.digest())
      }
    }
  }
}

enum FileStatement {
  /// Up to ?2 files with names after ?1 and ending in ?3 that may be there.
  static let files = """
    SELECT uuid, file, state, bytes, digest FROM instance INDEXED BY instance_file
    WHERE state NOT IN ('purged', 'discarded') AND file > ?1
      AND (?3 = '' OR substr(file, -length(?3)) = ?3) ORDER BY file LIMIT ?2
    """
}

/// Finds instances by a filter, in the order of their admission.
struct InstanceSearch {
  private let filter: InstanceFilter

  init(_ filter: InstanceFilter) { self.filter = filter }

  func ids(after position: Int64?, limit: Int, in db: Database) throws -> [Int64] {
    let position = position ?? 0
    if let ids = filter.ids { return try named(ids, after: position, limit: limit, in: db) }
    if filter.sopInstanceUID != nil || filter.studyInstanceUID != nil {
      return try named(after: position, limit: limit, in: db)
    }
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

  private func named(_ ids: Set<InstanceID>, after position: Int64, limit: Int, in db: Database) throws -> [Int64] {
    let found = try ids.flatMap { try named(after: position, limit: limit, and: ("uuid = ?", $0.rawValue), in: db) }
    return Array(found.sorted().prefix(limit))
  }

  private func named(
    after position: Int64, limit: Int, and condition: (String, Parameter)? = nil, in db: Database
  ) throws -> [Int64] {
    var conditions = ["id > ?"]
    var values: [Parameter] = [position]
    if let condition {
      conditions.append(condition.0)
      values.append(condition.1)
    }
    if let uid = filter.sopInstanceUID {
      conditions.append("sop_instance = ?")
      values.append(uid.rawValue)
    }
    if let uid = filter.studyInstanceUID {
      conditions.append("study = ?")
      values.append(uid.rawValue)
    }
    if let states = filter.states { conditions.append("state IN (\(Schema.list(states)))") }
    return try db.rows(
      "SELECT id FROM instance WHERE \(conditions.joined(separator: " AND ")) ORDER BY id LIMIT \(limit)",
      arguments: values
    ) { $0.next() }
  }
}

extension Database {
  fileprivate func deliveryRecord(_ id: Int64) throws -> DeliveryRecord {
    let record = try first(
      """
      SELECT \(DeliveryRow.columns), i.sop_class, i.sop_instance, i.study, i.received_at, i.calling_ae, i.bytes
      FROM \(DeliveryRow.table) WHERE d.id = ?
      """,
      id
    ) { columns in
      DeliveryRecord(
        delivery: try DeliveryRow.read(&columns), sop: try columns.sop(),
        studyInstanceUID: try columns.optionalRaw(), receivedAt: columns.time(), callingAE: try columns.raw(),
        bytes: columns.next())
    }
    guard let record else { throw LedgerError.malformedRow("delivery \(id)") }
    return record
  }
}
