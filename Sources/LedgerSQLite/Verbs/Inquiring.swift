import DICOM
package import EscrowCore
import Foundation
import GRDB

extension SQLiteLedger {
  package func inquire(_ inquiry: CommitmentInquiry, limit: Int, now: Timestamp) async throws -> InquiryAnswer {
    try await writer.perform(alone: inquiry.references.count > 500) {
      try $0.inquire(inquiry, limit: limit, now: now)
    }
  }

  package func advanceInquiry(_ job: JobID, limit: Int, now: Timestamp) async throws -> InquiryProgress? {
    try await writer.perform(alone: limit > 500) { try $0.advanceInquiry(job, limit: limit, now: now) }
  }

  package func decide(_ decisions: [ReferenceDecision], of job: JobID, now: Timestamp) async throws {
    try await writer.perform(alone: decisions.count > 500) { try $0.decide(decisions, of: job, now: now) }
  }

  package func sealReport(_ job: JobID, now: Timestamp) async throws -> InquiryReport? {
    guard try await writer.perform({ try $0.seal(job, now: now) }) else { return nil }
    return try await pool.read { try InquiredStatement.report(of: job, in: $0) }
  }

  package func recordReporting(
    _ job: JobID, _ result: ReportingResult, givingUp: Timestamp, now: Timestamp
  ) async throws {
    try await writer.perform { try $0.recordReporting(job, result, givingUp: givingUp, now: now) }
  }

  package func postponeReports(
    to peer: PeerName, message: String, retryAt: Timestamp, givingUp: Timestamp, now: Timestamp
  ) async throws -> Timestamp? {
    try await writer.perform {
      try $0.postponeReports(to: peer, message: message, retryAt: retryAt, givingUp: givingUp, now: now)
    }
  }
}

/// The statements on references that peers asked about.
enum InquiredStatement {
  /// A transaction of a route's, which has the UID ?1.
  static let ownRequest = "SELECT 1 FROM commitment WHERE uid = ?1 AND manual = 0"

  static let insert = """
    INSERT INTO inquired (job, position, sop_class, sop_instance, reason) VALUES (?, ?, ?, ?, ?)
    """

  static let decide = "UPDATE inquired SET reason = ?, touched = 0 WHERE job = ? AND position = ?"

  /// References of an inquiry of which something changed: ?1 job, ?2 limit.
  static let touched = """
    SELECT position, sop_class, sop_instance, reason FROM inquired INDEXED BY inquired_touched
    WHERE job = ?1 AND touched = 1 ORDER BY position LIMIT ?2
    """

  /// Undecided references of an inquiry: ?1 job, ?2 the first position, ?3 limit.
  static let undecided = """
    SELECT position, sop_class, sop_instance, reason FROM inquired INDEXED BY inquired_open
    WHERE job = ?1 AND reason IS NULL AND position >= ?2 ORDER BY position LIMIT ?3
    """

  static let all = "SELECT position, sop_class, sop_instance, reason FROM inquired WHERE job = ? ORDER BY position"

  static let nextUnread = "SELECT position, refs FROM unread WHERE job = ? ORDER BY position LIMIT 1"

  /// A reference as it stands.
  struct Reference {
    var position: Int
    var sop: SOPInstance
    /// As ``ReferenceDecision/failure``, with 0 for committed; nil while undecided.
    var reason: UInt16?
  }

  static func read(_ columns: inout Columns) throws -> Reference {
    Reference(position: columns.next(), sop: try columns.sop(), reason: columns.optional())
  }

  /// The answer to an inquiry that was sealed.
  static func report(of job: JobID, in db: Database) throws -> InquiryReport? {
    guard let found = try InquiryRow.find(job, in: db) else { return nil }
    let record = found.record
    var report = InquiryReport(
      job: job, transactionUID: record.transactionUID, peer: record.job.peer, callingAE: record.callingAE,
      calledAE: record.calledAE, committed: [], failed: [])
    for reference in try db.rows(all, found.number, read: read) {
      if reference.reason == 0 {
        report.committed.append(reference.sop)
      } else {
        report.failed.append(
          FailedReference(sop: reference.sop, reason: reference.reason ?? Vouching.processingFailure))
      }
    }
    return report
  }
}

extension WriteTransaction {
  /// How many references are looked at in one transaction.
  private static let chunk = 1000

  fileprivate func inquire(_ inquiry: CommitmentInquiry, limit: Int, now: Timestamp) throws -> InquiryAnswer {
    if let known = try InquiryRow.find(inquiry.transactionUID, from: inquiry.callingAE, in: db) {
      return try inquireAgain(inquiry, known: known, now: now)
    }
    guard try !db.exists(InquiredStatement.ownRequest, inquiry.transactionUID.rawValue) else { return .ownRequest }
    let open = try db.number(
      JobStatement.open, JobKind.storageCommitmentSCP.rawValue, inquiry.peer.rawValue, limit)
    guard let open, open < limit else { return .tooMany(limit) }
    try add(inquiry, now: now)
    return .opened(inquiry.job)
  }

  private func inquireAgain(
    _ inquiry: CommitmentInquiry, known: InquiryRow.Found, now: Timestamp
  ) throws -> InquiryAnswer {
    guard known.content == inquiry.content else { return .contradicts(known.record.job.id) }
    var again = known
    if again.record.askAgain(now: now) {
      try InquiryRow.update(again, in: db)
      try db.run("UPDATE job SET deleted = 0 WHERE number = ?", known.number)
    }
    return .repeated(known.record.job.id)
  }

  private func add(_ inquiry: CommitmentInquiry, now: Timestamp) throws {
    let job = Job(
      id: inquiry.job, kind: .storageCommitmentSCP, peer: inquiry.peer, createdAt: now, nextAt: now,
      total: inquiry.references.count)
    let number = try JobRow.insert(job, in: db)
    try InquiryRow.insert(inquiry, job: number, in: db)
    for start in stride(from: 0, to: inquiry.references.count, by: Self.chunk) {
      let part = inquiry.references[start..<min(start + Self.chunk, inquiry.references.count)]
      try db.run(
        "INSERT INTO unread (job, position, refs) VALUES (?, ?, ?)", number, start, Data(PackedReferences.pack(part)))
    }
    if inquiry.terms.completes { try endQuiet(of: inquiry) }
    try tell(inquiry.received(now: now))
    // What is small is decided at once.
    if inquiry.references.count <= Self.chunk, let found = try InquiryRow.find(inquiry.job, in: db) {
      _ = try advance(found, limit: Self.chunk, now: now)
    }
  }

  /// The studies of what is asked about are complete: nothing more is waited for.
  private func endQuiet(of inquiry: CommitmentInquiry) throws {
    for reference in inquiry.references {
      try db.run(
        """
        UPDATE wave SET last_arrival = 0 WHERE is_open = 1 AND last_arrival > 0
          AND id IN (SELECT wave FROM instance WHERE sop_instance = ? AND peer = ?)
        """,
        reference.instanceUID.rawValue, inquiry.peer.rawValue)
    }
  }

  fileprivate func advanceInquiry(_ job: JobID, limit: Int, now: Timestamp) throws -> InquiryProgress? {
    guard let found = try InquiryRow.find(job, in: db), found.record.job.state.isActive else { return nil }
    return try advance(found, limit: limit, now: now)
  }

  private func advance(_ found: InquiryRow.Found, limit: Int, now: Timestamp) throws -> InquiryProgress {
    var found = found
    if try !readNext(&found) {
      let touched = try db.rows(InquiredStatement.touched, found.number, limit, read: InquiredStatement.read)
      for reference in touched { try review(reference, of: &found) }
      if touched.isEmpty, now >= found.record.terms.answerBy { try expire(&found, limit: limit) }
    }
    let hasNews =
      try db.exists("SELECT 1 FROM unread WHERE job = ?", found.number)
      || !db.rows(InquiredStatement.touched, found.number, 1, read: InquiredStatement.read).isEmpty
    found.record.note(hasNews: hasNews, now: now)
    try InquiryRow.update(found, in: db)
    return found.record.progress(hasNews: hasNews)
  }

  /// Looks at the next references that were not looked at; false when there are none.
  private func readNext(_ found: inout InquiryRow.Found) throws -> Bool {
    let next = try db.first(InquiredStatement.nextUnread, found.number) {
      (position: $0.next() as Int, references: $0.next() as Data)
    }
    guard let next else { return false }
    for (index, sop) in try PackedReferences.unpack(Array(next.references)).enumerated() {
      let decision = try vouching(sop, of: found.record).decision
      found.record.count(decision)
      try db.run(
        InquiredStatement.insert, found.number, next.position + index, sop.classUID.rawValue, sop.instanceUID.rawValue,
        decision)
    }
    try db.run("DELETE FROM unread WHERE job = ? AND position = ?", found.number, next.position)
    return true
  }

  private func vouching(_ sop: SOPInstance, of record: InquiryRecord) throws -> Vouching {
    let known = try db.consignments(sopInstanceUID: sop.instanceUID).map(\.original)
    return Vouching.of(sop, among: known, for: record.job.peer, by: record.terms).forRecord(record.terms.basis)
  }

  /// Looks again at a reference; a success whose proof was taken back is undecided again until it was told.
  private func review(_ reference: InquiredStatement.Reference, of found: inout InquiryRow.Found) throws {
    var reason = reference.reason
    if reason == 0, found.record.sealedAt == nil, found.record.terms.basis != .hook {
      reason = try vouching(reference.sop, of: found.record).decision
      if reason == nil { found.record.job.done -= 1 }
      if let reason, reason != 0 { found.record.failed += 1 }
    } else if reason == nil {
      reason = try vouching(reference.sop, of: found.record).decision
      found.record.count(reason)
    }
    try db.run(InquiredStatement.decide, reason, found.number, reference.position)
  }

  private func expire(_ found: inout InquiryRow.Found, limit: Int) throws {
    for reference in try db.rows(InquiredStatement.undecided, found.number, 0, limit, read: InquiredStatement.read) {
      found.record.count(Vouching.processingFailure)
      try db.run(InquiredStatement.decide, Vouching.processingFailure, found.number, reference.position)
    }
  }

  fileprivate func decide(_ decisions: [ReferenceDecision], of job: JobID, now: Timestamp) throws {
    guard var found = try InquiryRow.find(job, in: db) else { return }
    for decision in decisions {
      let isOpen = try db.exists(
        "SELECT 1 FROM inquired WHERE job = ? AND position = ? AND reason IS NULL", found.number, decision.position)
      guard isOpen else { continue }
      let failure = try decision.pins.map { try pin($0, for: found.record) } ?? decision.failure
      found.record.count(failure ?? 0)
      try db.run(InquiredStatement.decide, failure ?? 0, found.number, decision.position)
    }
    found.record.note(hasNews: false, now: now)
    try InquiryRow.update(found, in: db)
  }

  /// Keeps an instance for good because a peer is told that it is safe here. Returns why that cannot be said, if it
  /// cannot.
  private func pin(_ id: InstanceID, for record: InquiryRecord) throws -> UInt16? {
    guard var loaded = try db.consignment(id), loaded.current.instance.state.hasFile else {
      return Vouching.processingFailure
    }
    loaded.current.promise(to: record)
    try save(loaded)
    return nil
  }

  // MARK: Telling

  /// Whether the answer is to be told now; from then on it does not change.
  fileprivate func seal(_ job: JobID, now: Timestamp) throws -> Bool {
    guard var found = try InquiryRow.find(job, in: db), found.record.job.state.isActive,
      found.record.job.done == found.record.job.total
    else { return false }
    // A proof may have been taken back a moment ago.
    let isTouched = try !db.rows(InquiredStatement.touched, found.number, 1, read: InquiredStatement.read).isEmpty
    if isTouched, found.record.sealedAt == nil { return false }
    found.record.job.move(.started, now: now)
    if found.record.sealedAt == nil { found.record.sealedAt = now }
    try InquiryRow.update(found, in: db)
    return true
  }

  fileprivate func recordReporting(
    _ job: JobID, _ result: ReportingResult, givingUp: Timestamp, now: Timestamp
  ) throws {
    guard var found = try InquiryRow.find(job, in: db) else { return }
    if let event = found.record.told(result, givingUp: givingUp, now: now) { try tell(event) }
    try InquiryRow.update(found, in: db)
    try reviewUndelivered(found.record.job.peer)
  }

  fileprivate func postponeReports(
    to peer: PeerName, message: String, retryAt: Timestamp, givingUp: Timestamp, now: Timestamp
  ) throws -> Timestamp? {
    let due = try db.rows(
      JobStatement.dueReports, JobStage.reporting.rawValue, peer.rawValue, now.microseconds, read: JobRow.read)
    for var found in due {
      found.job.postpone(message, retryAt: retryAt, givingUp: givingUp, now: now)
      try JobRow.update(found, in: db)
    }
    try reviewUndelivered(peer)
    return due.compactMap(\.job.troubledSince).min() ?? (due.isEmpty ? nil : now)
  }

  private func reviewUndelivered(_ peer: PeerName) throws {
    try carryOut([.review(.reportUndelivered, subject: peer.rawValue)])
  }
}
