import EscrowCore
import GRDB

extension WriteTransaction {
  /// Forgets jobs that ended long ago, with what peers asked and what was to be sent.
  ///
  /// One with very many rows goes in several steps. It is neither listed nor answered again from the first on.
  func forgetJobs(before: Timestamp, from position: RecordPosition, limit: Int) throws -> ForgettingStep {
    let seen = try db.rows(
      ForgettingStatement.jobs, position.time, position.number, before.microseconds, limit
    ) {
      (
        number: $0.next() as Int64, createdAt: $0.next() as Int64, peer: $0.next() as String, isDue: $0.next() as Bool
      )
    }
    var last = position
    var step = ForgettingStep(next: nil)
    var room = Self.rowsAtOnce
    var peers: Set<String> = []
    for found in seen {
      if found.isDue {
        peers.insert(found.peer)
        guard try forget(job: found.number, taking: &room) else {
          step.next = last
          break
        }
        step.others += 1
      }
      last = RecordPosition(.jobs, time: found.createdAt, number: found.number)
    }
    // That nothing could be told may have had no other cause.
    try carryOut(peers.sorted().map { .review(.reportUndelivered, subject: $0) })
    if step.next == nil { step.next = self.position(after: last, seen: seen.count, limit: limit, of: .jobs) }
    return step
  }

  /// Forgets a job or some part of it, `room` rows at the most; true when nothing is left.
  private func forget(job: Int64, taking room: inout Int) throws -> Bool {
    for statement in ForgettingStatement.partsOfJob {
      try db.run(statement, job, room)
      room -= db.changesCount
      guard room > 0 else {
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
