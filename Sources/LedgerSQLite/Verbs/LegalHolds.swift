import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func begin(_ hold: LegalHold) async throws -> Int? {
    try await writer.perform { transaction in
      let statement = LegalHoldStatement(hold.subject)
      guard try !statement.exists(in: transaction.db) else { return nil }
      try LegalHoldStatement.insert(hold, in: transaction.db)
      try transaction.db.run(statement.hold, arguments: statement.values)
      let kept = try transaction.db.count(statement.kept, arguments: statement.values)
      try transaction.tell(
        .legalHold(hold.subject, "begun", reason: hold.reason, instances: kept, actor: hold.by, now: hold.at))
      return kept
    }
  }

  package func endLegalHold(
    _ subject: LegalHold.Subject, by order: BulkOrder, now: Timestamp
  ) async throws -> Int? {
    try await writer.perform { transaction in
      let statement = LegalHoldStatement(subject)
      guard let hold = try statement.number(in: transaction.db) else { return nil }
      let freed: [Int64] = try transaction.db.rows(
        statement.freed, arguments: statement.values + [hold]
      ) { $0.next() }
      try order.check(matched: freed.count)
      guard !order.dryRun else { return freed.count }
      try transaction.db.run("DELETE FROM legal_hold WHERE id = ?", hold)
      for row in freed { try transaction.db.run("UPDATE instance SET legal_hold = 0 WHERE id = ?", row) }
      try transaction.tell(
        .legalHold(subject, "ended", reason: order.reason, instances: freed.count, actor: order.actor, now: now))
      return freed.count
    }
  }

  package func legalHolds() async throws -> [LegalHoldRecord] {
    try await pool.read { db in
      let holds = try db.rows(
        "SELECT study, patient, issuer, held_by, reason, held_at FROM legal_hold ORDER BY id",
        read: LegalHoldStatement.read)
      return try holds.map { hold in
        let statement = LegalHoldStatement(hold.subject)
        return LegalHoldRecord(hold: hold, instances: try db.count(statement.kept, arguments: statement.values))
      }
    }
  }
}

/// How legal holds and what they keep are found.
struct LegalHoldStatement {
  private let subject: LegalHold.Subject
  /// The parameters of its statements.
  let values: [Parameter]

  init(_ subject: LegalHold.Subject) {
    self.subject = subject
    values =
      switch subject {
      case .study(let uid): [uid.rawValue]
      case .patient(let id, let issuer): [id, issuer]
      }
  }

  var kept: String { isOfStudy ? Self.keptOfStudy : Self.keptOfPatient }
  var hold: String { isOfStudy ? Self.holdStudy : Self.holdPatient }
  var freed: String { isOfStudy ? Self.freedOfStudy : Self.freedOfPatient }
  private var isOfStudy: Bool { subject.studyInstanceUID != nil }

  /// Holds that cover the instance that `alias` names.
  static func coverage(of alias: String) -> String {
    """
    (h.study = \(alias).study OR h.patient = \(alias).patient_id
      AND (h.issuer IS NULL OR \(alias).patient_issuer IS NULL OR h.issuer = \(alias).patient_issuer))
    """
  }

  /// Why the instance `i` is held.
  static let reasons = """
    SELECT coalesce(group_concat(reason, '; '), 'no reason is on record')
    FROM (SELECT h.reason FROM legal_hold h WHERE \(coverage(of: "i")) ORDER BY h.id)
    """

  /// A hold of the study ?1, or of the patient ?2 of ?3.
  static let covering = """
    SELECT 1 FROM legal_hold WHERE study = ?1 OR patient = ?2 AND (issuer IS NULL OR ?3 IS NULL OR issuer = ?3)
    """

  private static let isHere = "state NOT IN ('purging', 'purged', 'discarded')"
  private static let ofPatient = "patient_id = ?1 AND (?2 IS NULL OR patient_issuer IS NULL OR patient_issuer = ?2)"

  static let keptOfStudy = "SELECT count(*) FROM instance WHERE study = ?1 AND \(isHere)"
  static let keptOfPatient =
    "SELECT count(*) FROM instance INDEXED BY instance_patient WHERE \(ofPatient) AND \(isHere)"
  static let holdStudy = "UPDATE instance SET legal_hold = 1 WHERE study = ?1 AND \(isHere)"
  static let holdPatient =
    "UPDATE instance INDEXED BY instance_patient SET legal_hold = 1 WHERE \(ofPatient) AND \(isHere)"

  /// What no hold but number ?2 keeps, of the study ?1.
  static let freedOfStudy = """
    SELECT i.id FROM instance i WHERE i.study = ?1 AND i.legal_hold = 1
      AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.id <> ?2 AND \(coverage(of: "i")))
    """

  /// What no hold but number ?3 keeps, of the patient ?1 of ?2.
  static let freedOfPatient = """
    SELECT i.id FROM instance i INDEXED BY instance_patient WHERE \(ofPatient) AND i.legal_hold = 1
      AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.id <> ?3 AND \(coverage(of: "i")))
    """

  /// Holds a new instance if a hold covers it.
  static func apply(to row: Int64, _ attributes: InstanceAttributes, in db: Database) throws {
    let isHeld = try db.exists(
      covering, attributes.studyInstanceUID?.rawValue, attributes.patientID, attributes.issuerOfPatientID)
    if isHeld { try db.run("UPDATE instance SET legal_hold = 1 WHERE id = ?", row) }
  }

  static func insert(_ hold: LegalHold, in db: Database) throws {
    let (patient, issuer): (String?, String?) =
      if case .patient(let id, let issuer) = hold.subject { (id, issuer) } else { (nil, nil) }
    try db.run(
      "INSERT INTO legal_hold (study, patient, issuer, held_by, reason, held_at) VALUES (?, ?, ?, ?, ?, ?)",
      hold.subject.studyInstanceUID?.rawValue, patient, issuer, hold.by, hold.reason, hold.at.microseconds)
  }

  func exists(in db: Database) throws -> Bool { try number(in: db) != nil }

  /// The hold of exactly this subject.
  func number(in db: Database) throws -> Int64? {
    switch subject {
    case .study(let uid): try db.number("SELECT id FROM legal_hold WHERE study = ?", uid.rawValue)
    case .patient(let id, let issuer):
      try db.number("SELECT id FROM legal_hold WHERE patient = ? AND coalesce(issuer, '') = ?", id, issuer ?? "")
    }
  }

  static func read(_ columns: inout Columns) throws -> LegalHold {
    let study: UID? = try columns.optionalRaw()
    let patient: String? = columns.optional()
    let issuer: String? = columns.optional()
    let subject: LegalHold.Subject? = study.map { .study($0) } ?? patient.map { .patient($0, issuer: issuer) }
    guard let subject else { throw LedgerError.malformedRow("a legal hold of nobody") }
    return LegalHold(subject, by: columns.next(), reason: columns.next(), at: columns.time())
  }
}

extension Database {
  /// Runs a statement that returns nothing.
  func run(_ sql: String, arguments: [Parameter]) throws { try each(sql, arguments) { _ in } }

  /// The number that a statement counts.
  func count(_ sql: String, arguments: [Parameter]) throws -> Int {
    try rows(sql, arguments: arguments) { $0.next() as Int }.first ?? 0
  }
}
