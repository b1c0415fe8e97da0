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
      let found = try InstanceSearch(filter).page(after: position, limit: page.limit, in: db)
      let records = try found.ids.map { id in
        guard let found = try db.consignment(row: id)?.original else {
          throw LedgerError.malformedRow("instance \(id)")
        }
        return InstanceRecord(instance: found.instance, deliveries: found.deliveries)
      }
      return Page(items: records, next: found.next.map { String($0) })
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
      let found = try DeliverySearch(filter).page(after: position, limit: page.limit, in: db)
      return Page(items: try found.ids.map { try db.deliveryRecord($0) }, next: found.next.map { String($0) })
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
