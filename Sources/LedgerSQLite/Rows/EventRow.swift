import DICOM
import EscrowCore
import GRDB

/// How an event is written to and read from its row.
enum EventRow {
  static let columns = """
    v.sequence, v.kind, v.at, v.study, v.sop_instance, v.instance, v.destination, v.transaction_uid, v.instances, \
    v.failed, v.reason, v.reason_code, v.actor
    """

  static func read(_ columns: inout Columns) throws -> RecordedEvent {
    let sequence: Int64 = columns.next()
    var event = EscrowEvent(
      try columns.raw(), at: columns.time(), studyInstanceUID: try columns.optionalRaw(),
      sopInstanceUID: try columns.optionalRaw(), instance: try columns.optionalRaw(),
      destination: try columns.optionalRaw(), transactionUID: try columns.optionalRaw(), instances: columns.optional(),
      failed: columns.optional(), reason: columns.optional())
    event.reasonCode = columns.optional()
    event.actor = columns.next()
    return RecordedEvent(sequence: sequence, event: event)
  }

  /// Writes an event; returns its place in the record.
  static func insert(_ event: EscrowEvent, in db: Database) throws -> Int64 {
    try db.run(
      """
      INSERT INTO event (kind, at, study, sop_instance, instance, destination, transaction_uid, instances, failed,
        reason, reason_code, actor)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      event.kind.rawValue, event.at.microseconds, event.studyInstanceUID?.rawValue, event.sopInstanceUID?.rawValue,
      event.instance?.rawValue, event.destination?.rawValue, event.transactionUID?.rawValue, event.instances,
      event.failed, event.reason, event.reasonCode, event.actor)
    return db.lastInsertedRowID
  }
}
