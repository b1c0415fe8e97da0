import DICOM
package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func forget(_ term: RecordTerm, from position: RecordPosition, limit: Int) async throws -> ForgettingStep {
    try await writer.perform { transaction in
      let clockJumped = AlarmKind.clockJumped.rawValue
      guard try !transaction.db.exists("SELECT 1 FROM alarm WHERE kind = ?", clockJumped) else {
        return ForgettingStep(next: nil)
      }
      return try transaction.forget(term, from: position, limit: limit)
    }
  }
}

extension WriteTransaction {
  /// Rows that hang on jobs and transactions of which one step takes no more, or a transaction more.
  static let rowsAtOnce = 2000

  fileprivate func forget(_ term: RecordTerm, from position: RecordPosition, limit: Int) throws -> ForgettingStep {
    switch position.stage {
    case .jobs: try forgetJobs(before: term.before, from: position, limit: limit)
    case .transactions: try forgetTransactions(before: term.before, from: position, limit: limit)
    case .instances: try forgetInstances(before: term.before, from: position, limit: limit)
    case .events: try forgetEvents(before: term.before, from: position, limit: limit)
    case .summaries: try forgetSummaries(before: term.summariesBefore, limit: limit)
    }
  }

  /// Where to go on after `seen` rows, of which `last` was the last; what was `limit` is not the end of the stage.
  func position(after last: RecordPosition?, seen: Int, limit: Int, of stage: RecordStage) -> RecordPosition? {
    seen < limit ? stage.next : last ?? stage.next
  }

  // MARK: Transactions that operators wished for

  private func forgetTransactions(
    before: Timestamp, from position: RecordPosition, limit: Int
  ) throws -> ForgettingStep {
    let seen = try db.rows(
      ForgettingStatement.transactions, position.number, before.microseconds, limit
    ) { (number: $0.next() as Int64, isOld: $0.next() as Bool, isDue: $0.next() as Bool) }
    var (forgotten, rows) = (0, 0)
    var last: RecordPosition?
    for found in seen {
      if found.isDue {
        guard rows < Self.rowsAtOnce else { return ForgettingStep(next: last, others: forgotten) }
        for number in try db.rows(ForgettingStatement.furtherOnes, found.number, read: { $0.next() as Int64 }) {
          rows += try deleteTransaction(number)
        }
        rows += try deleteTransaction(found.number)
        forgotten += 1
      }
      last = RecordPosition(.transactions, number: found.number)
    }
    // They were opened one after the other: behind a step without an old one there is none.
    let isOver = !seen.contains(where: \.isOld)
    return ForgettingStep(
      next: isOver
        ? RecordStage.transactions.next
        : self.position(
          after: last, seen: seen.count, limit: limit, of: .transactions),
      others: forgotten)
  }

  /// Returns how many instances it asked for.
  @discardableResult
  func deleteTransaction(_ number: Int64) throws -> Int {
    try db.run("DELETE FROM item WHERE commitment = ?", number)
    let items = db.changesCount
    try db.run("DELETE FROM commitment WHERE number = ?", number)
    return items
  }

  // MARK: Events about no instance and no study on record

  private func forgetEvents(before: Timestamp, from position: RecordPosition, limit: Int) throws -> ForgettingStep {
    let latest = try db.number(ForgettingStatement.latest)
    let seen = try db.rows(ForgettingStatement.events, position.number, before.microseconds, limit, latest) {
      (sequence: $0.next() as Int64, isOld: $0.next() as Bool, isDue: $0.next() as Bool)
    }
    let due = seen.filter(\.isDue)
    for event in due {
      try db.run("DELETE FROM outbox WHERE event = ?", event.sequence)
      try db.run("DELETE FROM event WHERE sequence = ?", event.sequence)
    }
    let last = seen.last.map { RecordPosition(.events, number: $0.sequence) }
    let isOver = !seen.contains(where: \.isOld)
    return ForgettingStep(
      next: isOver ? RecordStage.events.next : self.position(after: last, seen: seen.count, limit: limit, of: .events),
      others: due.count)
  }

  private func forgetSummaries(before: Timestamp, limit: Int) throws -> ForgettingStep {
    try db.run(ForgettingStatement.summaries, before.microseconds, limit)
    let gone = db.changesCount
    return ForgettingStep(next: gone < limit ? nil : RecordPosition(.summaries), others: gone)
  }
}

/// The queries that find what may be forgotten.
enum ForgettingStatement {
  private static let ended = "('Success', 'Failure')"

  /// Up to ?4 jobs that were created before ?3, after the one of ?1 and ?2, each with its peer and whether it may go.
  static let jobs = """
    SELECT number, created_at, peer, state IN \(ended) AND completed_at < ?3 FROM job INDEXED BY job_created
    WHERE (created_at, number) > (?1, ?2) AND created_at < ?3 ORDER BY created_at, number LIMIT ?4
    """

  /// Up to ?3 transactions after number ?1, each with whether it was opened before ?2 and may go: one that was asked for
  /// by hand and is not any more, and of whose instances none is on record.
  static let transactions = """
    SELECT c.number, c.opened_at < ?2, c.manual = 1 AND c.root IS NULL AND c.next_ask_at IS NULL AND c.opened_at < ?2
      AND coalesce(c.answered_at, 0) < ?2
      AND NOT EXISTS (SELECT 1 FROM commitment f INDEXED BY commitment_asked WHERE f.root = c.number
        AND f.opened_at >= ?2)
      AND NOT EXISTS (SELECT 1 FROM item t CROSS JOIN instance i ON i.sop_instance = t.sop_instance
        WHERE t.commitment = c.number)
    FROM commitment c WHERE c.number > ?1 ORDER BY c.number LIMIT ?3
    """

  /// Those that asked again for number ?1.
  static let furtherOnes = "SELECT number FROM commitment INDEXED BY commitment_asked WHERE root = ?1"

  static let latest = "SELECT max(sequence) FROM event"

  /// Up to ?4 instances whose copy went before ?3, after the one of ?1 and ?2, each with whether it may go; ?5 is the
  /// latest event.
  static let instances = """
    SELECT i.id, i.gone_at, NOT (\(isNeeded)) FROM instance i INDEXED BY instance_gone
    WHERE i.gone_at IS NOT NULL AND (i.gone_at, i.id) > (?1, ?2) AND i.gone_at < ?3
    ORDER BY i.gone_at, i.id LIMIT ?4
    """

  /// Why the record of the instance `i` stays, besides what ``Consignment/isForgettable(before:)`` says.
  private static let isNeeded = """
    EXISTS (SELECT 1 FROM legal_hold h WHERE \(LegalHoldStatement.coverage(of: "i")))
      OR EXISTS (SELECT 1 FROM wave w WHERE w.id = i.wave AND (w.is_open = 1 OR w.is_changed = 1))
      OR EXISTS (SELECT 1 FROM inquired q CROSS JOIN job j ON j.number = q.job
        WHERE q.sop_instance = i.sop_instance AND j.state NOT IN \(ended))
      OR EXISTS (SELECT 1 FROM stored s WHERE s.instance = i.id)
      OR EXISTS (SELECT 1 FROM item t INDEXED BY item_sop CROSS JOIN commitment c ON c.number = t.commitment
        WHERE t.delivery IS NULL AND t.sop_instance = i.sop_instance AND c.manual = 1 AND c.next_ask_at IS NOT NULL)
      OR EXISTS (SELECT 1 FROM event v INDEXED BY event_instance WHERE v.instance = i.uuid
        AND (v.at >= ?3 OR v.sequence = ?5
          OR EXISTS (SELECT 1 FROM outbox o WHERE o.event = v.sequence AND o.state = 'pending')))
    """

  /// Whether references of a job that has not ended wait to be read: what they name is not known yet.
  static let unread = """
    SELECT 1 FROM job j INDEXED BY job_open CROSS JOIN unread u ON u.job = j.number
    WHERE j.state IN ('Pending', 'Running', 'Retry', 'Paused')
    """

  /// Up to ?3 events after ?1, each with whether it is of before ?2 and may go: not the latest, ?4, told to all who want to
  /// be told, and about no instance and no study that is on record.
  static let events = """
    SELECT v.sequence, v.at < ?2, v.at < ?2 AND v.sequence < ?4
      AND NOT EXISTS (SELECT 1 FROM instance i WHERE i.uuid = v.instance)
      AND NOT EXISTS (SELECT 1 FROM instance i WHERE i.sop_instance = v.sop_instance)
      AND NOT EXISTS (SELECT 1 FROM instance i INDEXED BY instance_study WHERE i.study = v.study)
      AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.event = v.sequence AND o.state = 'pending')
    FROM event v WHERE v.sequence > ?1 ORDER BY v.sequence LIMIT ?3
    """

  /// Up to ?2 summaries of studies that went before ?1 and are on no legal hold.
  static let summaries = """
    DELETE FROM study_summary WHERE key IN (
      SELECT s.key FROM study_summary s INDEXED BY study_summary_gone WHERE s.last_gone < ?1
        AND NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.study = s.key OR h.patient = s.patient_id
          AND (h.issuer IS NULL OR s.patient_issuer IS NULL OR h.issuer = s.patient_issuer))
      ORDER BY s.last_gone LIMIT ?2)
    """
}
