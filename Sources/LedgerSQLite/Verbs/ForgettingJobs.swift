import EscrowCore
import GRDB

extension WriteTransaction {
  /// Rows of a job that go in one step.
  private static let atOnce = 2000

  /// Forgets jobs that ended long ago, with what peers asked and what was to be sent.
  ///
  /// One with very many rows goes in several steps. It is neither listed nor answered again from the first on.
  func forgetJobs(before: Timestamp, from position: RecordPosition, limit: Int) throws -> ForgettingStep {
    let seen = try db.rows(
      ForgettingStatement.jobs, position.time, position.number, before.microseconds, limit
    ) { (number: $0.next() as Int64, createdAt: $0.next() as Int64, isDue: $0.next() as Bool) }
    var last = position
    var step = ForgettingStep(next: nil)
    for found in seen {
      if found.isDue {
        guard try forget(job: found.number) else {
          step.next = last
          return step
        }
        step.others += 1
      }
      last = RecordPosition(.jobs, time: found.createdAt, number: found.number)
    }
    step.next = self.position(after: last, seen: seen.count, limit: limit, of: .jobs)
    return step
  }

  /// Forgets a job or some part of it; true when nothing is left.
  private func forget(job: Int64) throws -> Bool {
    for statement in ForgettingStatement.partsOfJob {
      try db.run(statement, job, Self.atOnce)
      guard db.changesCount < Self.atOnce else {
        try db.run("UPDATE job SET deleted = 1 WHERE number = ?", job)
        // Whoever asks the same again is not the same any more.
        try db.run("UPDATE inquiry SET content = '' WHERE job = ?", job)
        return false
      }
    }
    for table in ["inquiry", "storing"] { try db.run("DELETE FROM \(table) WHERE job = ?", job) }
    try db.run("DELETE FROM job WHERE number = ?", job)
    return true
  }
}

extension ForgettingStatement {
  /// Each takes up to ?2 rows of the job ?1.
  static let partsOfJob = ["inquired", "unread", "stored"].map { table in
    """
    DELETE FROM \(table) WHERE job = ?1 AND position IN (
      SELECT position FROM \(table) WHERE job = ?1 ORDER BY position LIMIT ?2)
    """
  }
}
