package import EscrowCore
import DICOM
import Foundation
import GRDB

extension SQLiteLedger {
  package func resources(
    _ level: ResourceLevel, in parent: Resource?, offset: Int, limit: Int
  ) async throws -> [ResourceID] {
    let column = ResourceRow.column(level)
    let condition = parent.map { "WHERE \(ResourceRow.column($0.level)) = ?" } ?? ""
    return try await pool.read { db in
      let values: [Parameter] = (parent.map { [$0.id.stored] } ?? []) + [limit, offset]
      return try db.rows(
        """
        SELECT \(column) FROM resource \(condition) GROUP BY \(column) ORDER BY min(instance) LIMIT ? OFFSET ?
        """,
        arguments: values
      ) { ResourceID(stored: $0.next() as Data) }
    }
  }

  package func instances(of resource: Resource) async throws -> [Instance] {
    try await pool.read { db in
      // Of each instance the newest of its versions, in the place of the first.
      try db.rows(
        """
        SELECT \(InstanceRow.columns)
        FROM (SELECT min(instance) first, max(instance) last FROM resource
          WHERE \(ResourceRow.column(resource.level)) = ? GROUP BY sop) r
        JOIN instance i ON i.id = r.last ORDER BY r.first
        """,
        resource.id.stored, read: InstanceRow.read)
    }
  }

  package func countResources() async throws -> ResourceCounts {
    try await pool.read { db in
      let counts = try db.first(
        """
        SELECT (SELECT count(DISTINCT patient) FROM resource), (SELECT count(DISTINCT study) FROM resource),
          (SELECT count(DISTINCT series) FROM resource), (SELECT count(DISTINCT sop) FROM resource),
          (SELECT coalesce(sum(bytes), 0) FROM instance_count WHERE state NOT IN ('purging', 'purged', 'discarded'))
        """
      ) { columns in
        ResourceCounts(
          patients: columns.next(), studies: columns.next(), series: columns.next(), instances: columns.next(),
          bytes: columns.next())
      }
      return counts ?? ResourceCounts()
    }
  }

  package func lookup(_ text: String) async throws -> [Resource] {
    try await pool.read { db in
      let patient = try [text, text.uppercased(), text.lowercased()].lazy.map { ResourceID(of: [$0]) }
        .first { try db.exists("SELECT 1 FROM resource WHERE patient = ?", $0.stored) }
      let patients = patient.map { [Resource(.patient, $0)] } ?? []
      return try patients
        + find(.study, where: "i.study = ?", text, in: db) + find(.series, where: "i.series = ?", text, in: db)
        + find(.instance, where: "i.sop_instance = ?", text, in: db)
    }
  }

  private func find(
    _ level: ResourceLevel, where condition: String, _ text: String, in db: Database
  ) throws -> [Resource] {
    let column = ResourceRow.column(level)
    return try db.rows(
      """
      SELECT r.\(column) FROM instance i CROSS JOIN resource r ON r.instance = i.id WHERE \(condition)
      GROUP BY r.\(column) ORDER BY min(r.instance)
      """,
      text
    ) { Resource(level, ResourceID(stored: $0.next() as Data)) }
  }
}
