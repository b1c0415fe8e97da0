import DICOM
import EscrowCore
import GRDB

/// One verb at work inside the writer's transaction.
struct WriteTransaction {
  let db: Database

  func carryOut(_ effects: [LedgerEffect]) throws {
    for effect in effects {
      switch effect {
      case .tell(let event): try tell(event)
      case .raise(let alarm): try raise(alarm, event: nil)
      case .review(let kind, let subject):
        if try !isCaused(kind, subject: subject) { try clear(kind, subject: subject, event: nil) }
      }
    }
  }

  /// Records an event, and puts it into the outbox of each endpoint that wants it.
  func tell(_ event: EscrowEvent) throws {
    let sequence = try EventRow.insert(event, in: db)
    guard event.kind.isPublic else { return }
    let endpoints = try db.rows(
      """
      SELECT e.name, e.disabled FROM subscription s JOIN endpoint e ON e.name = s.endpoint WHERE s.kind = ?
      ORDER BY e.name
      """,
      event.kind.rawValue
    ) { (name: $0.next() as String, disabled: $0.optional() as String?) }
    for endpoint in endpoints {
      try OutboxRow.insert(
        event: sequence, at: event.at, endpoint: endpoint.name, disabled: endpoint.disabled, in: db)
    }
  }

  /// Opens an alarm or changes its text; true when it is new.
  @discardableResult
  func raise(_ alarm: Alarm, event: EscrowEvent?) throws -> Bool {
    let isOpen = try db.exists(
      "SELECT 1 FROM alarm WHERE kind = ? AND subject = ?", alarm.kind.rawValue, alarm.subject)
    if isOpen {
      try db.run(
        "UPDATE alarm SET text = ?, since = iif(?, ?, since) WHERE kind = ? AND subject = ?", alarm.text,
        alarm.kind.isRenewed, alarm.since.microseconds, alarm.kind.rawValue, alarm.subject)
    } else {
      try db.run(
        "INSERT INTO alarm (kind, subject, since, text) VALUES (?, ?, ?, ?)", alarm.kind.rawValue, alarm.subject,
        alarm.since.microseconds, alarm.text)
      if let event { try tell(event) }
    }
    return !isOpen
  }

  func clear(_ kind: AlarmKind, subject: String, event: EscrowEvent?) throws {
    try db.run("DELETE FROM alarm WHERE kind = ? AND subject = ?", kind.rawValue, subject)
    if db.changesCount > 0, let event { try tell(event) }
  }

  /// Whether anything on record still causes an alarm of this kind about this subject.
  private func isCaused(_ kind: AlarmKind, subject: String) throws -> Bool {
    switch kind {
    case .deliveryFailed:
      try db.exists("SELECT 1 FROM delivery_count WHERE destination = ? AND state = 'failed' AND n > 0", subject)
    case .deliveryHeld:
      try db.exists(HeldStatement.ofDestination, subject, Hold.system)
    case .instanceHeld:
      try db.exists("SELECT 1 FROM instance WHERE state = 'held' AND reason = ?", subject)
    case .instanceDamaged:
      try isOfStudy(subject, "state = 'damaged'")
    case .instanceConflict:
      try isOfStudy(subject, "conflicted = 1 AND state NOT IN ('purging', 'purged', 'discarded')")
    case .commitmentContradicted:
      try db.exists(
        "SELECT 1 FROM delivery WHERE destination = ? AND contradicted = 1 AND state NOT IN ('cancelled', 'waived')",
        subject)
    case .ledgerReplaced:
      try db.exists("SELECT 1 FROM instance WHERE pin IS NOT NULL AND state NOT IN ('purging', 'purged', 'discarded')")
    case .reportUndelivered:
      try db.exists("SELECT 1 FROM job WHERE peer = ? AND troubled_since IS NOT NULL AND deleted = 0", subject)
    default: true
    }
  }

  /// Whether a study, or an instance whose study is not known, has an instance for which `condition` holds.
  private func isOfStudy(_ key: String, _ condition: String) throws -> Bool {
    try db.exists("SELECT 1 FROM instance WHERE study = ? AND \(condition)", key)
      || db.exists("SELECT 1 FROM instance WHERE sop_instance = ? AND study IS NULL AND \(condition)", key)
  }
}

enum HeldStatement {
  /// Whether anything for the destination ?1 is held by ?2.
  static let ofDestination = """
    SELECT 1 FROM delivery INDEXED BY delivery_held WHERE destination = ?1 AND state = 'queued' AND hold_by = ?2 LIMIT 1
    """
}
