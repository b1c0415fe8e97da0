import DICOM
import EscrowCore
import GRDB

/// How an inquiry is written to and read from its row, beside that of its job.
enum InquiryRow {
  struct Found {
    var number: Int64
    var record: InquiryRecord
    /// A digest of what it asks.
    var content: String
  }

  private static let columns = """
    q.uid, q.calling_ae, q.called_ae, q.address, q.basis, q.proof, q.excluded, q.sees_all, q.answer_by, q.completes, \
    q.failed, q.sealed_at, q.reported_at, q.report_status, q.content
    """

  static func find(_ id: JobID, in db: Database) throws -> Found? { try find("j.uuid = ?", [id.rawValue], in: db) }

  static func find(_ uid: UID, from callingAE: AETitle, in db: Database) throws -> Found? {
    try find("q.calling_ae = ? AND q.uid = ?", [callingAE.rawValue, uid.rawValue], in: db)
  }

  private static func find(_ condition: String, _ values: [Parameter], in db: Database) throws -> Found? {
    try db.rows(
      "SELECT \(JobRow.columns), \(columns) FROM inquiry q JOIN job j ON j.number = q.job WHERE \(condition)",
      arguments: values, read: read
    ).first
  }

  private static func read(_ columns: inout Columns) throws -> Found {
    let found = try JobRow.read(&columns)
    return Found(
      number: found.number,
      record: InquiryRecord(
        job: found.job, transactionUID: try columns.raw(), callingAE: try columns.raw(), calledAE: try columns.raw(),
        address: columns.next(), terms: try terms(&columns), failed: columns.next(), sealedAt: columns.optionalTime(),
        reportedAt: columns.optionalTime(), reportStatus: columns.optional()),
      content: columns.next())
  }

  private static func terms(_ columns: inout Columns) throws -> InquiryTerms {
    InquiryTerms(
      basis: try columns.raw(), proof: try columns.raw(), excluded: Set(columns.lines().map { PeerName($0) }),
      seesAll: columns.next(), answerBy: columns.time(), completes: columns.next())
  }

  static func insert(_ inquiry: CommitmentInquiry, job number: Int64, in db: Database) throws {
    let terms = inquiry.terms
    try db.run(
      """
      INSERT INTO inquiry (job, calling_ae, called_ae, uid, address, content, basis, proof, excluded, sees_all,
        answer_by, completes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      number, inquiry.callingAE.rawValue, inquiry.calledAE.rawValue, inquiry.transactionUID.rawValue, inquiry.address,
      inquiry.content, terms.basis.rawValue, terms.proof.rawValue,
      terms.excluded.map(\.rawValue).sorted().joined(separator: "\n"), terms.seesAll, terms.answerBy.microseconds,
      terms.completes)
  }

  /// Writes what may change of an inquiry and of its job.
  static func update(_ found: Found, in db: Database) throws {
    let record = found.record
    try db.run(
      "UPDATE inquiry SET failed = ?, answer_by = ?, sealed_at = ?, reported_at = ?, report_status = ? WHERE job = ?",
      record.failed, record.terms.answerBy.microseconds, record.sealedAt.stored, record.reportedAt.stored,
      record.reportStatus, found.number)
    try JobRow.update(JobRow.Found(number: found.number, job: record.job), in: db)
  }
}

/// References in one value of bytes: each UID as its length (four bytes, big endian) and its text.
enum PackedReferences {
  static func pack(_ references: some Sequence<SOPInstance>) -> [UInt8] {
    var bytes: [UInt8] = []
    for sop in references {
      for uid in [sop.classUID, sop.instanceUID] {
        let text = Array(uid.rawValue.utf8)
        bytes += withUnsafeBytes(of: UInt32(text.count).bigEndian) { Array($0) } + text
      }
    }
    return bytes
  }

  static func unpack(_ bytes: [UInt8]) throws -> [SOPInstance] {
    var rest = bytes[...]
    var references: [SOPInstance] = []
    while !rest.isEmpty {
      references.append(SOPInstance(classUID: try uid(&rest), instanceUID: try uid(&rest)))
    }
    return references
  }

  private static func uid(_ rest: inout ArraySlice<UInt8>) throws -> UID {
    let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    guard rest.count >= 4, rest.count - 4 >= length else { throw LedgerError.malformedRow("references cut off") }
    rest = rest.dropFirst(4)
    defer { rest = rest.dropFirst(length) }
    return UID(String(decoding: rest.prefix(length), as: UTF8.self))
  }
}
