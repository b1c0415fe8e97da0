package import EscrowCore
import GRDB

extension SQLiteLedger {
  package func change(_ job: JobID, _ verb: JobVerb, actor: String, now: Timestamp) async throws -> Bool? {
    try await writer.perform { transaction in
      guard var found = try JobRow.findListed(job, in: transaction.db) else { return nil }
      let before = found.job
      guard found.job.apply(verb, now: now) else { return false }
      guard found.job != before else { return true }
      try JobRow.update(found, in: transaction.db)
      try transaction.follow(verb, of: job, now: now)
      if verb == .resubmit, var inquiry = try InquiryRow.find(job, in: transaction.db) {
        inquiry.record.startAnew(now: now)
        try InquiryRow.update(inquiry, in: transaction.db)
      }
      try transaction.tell(found.job.changed(verb.rawValue, by: actor, now: now))
      try transaction.carryOut([.review(.reportUndelivered, subject: found.job.peer.rawValue)])
      return true
    }
  }

  package func deleteJob(_ job: JobID, actor: String, now: Timestamp) async throws -> Bool? {
    try await writer.perform { transaction in
      guard let found = try JobRow.findListed(job, in: transaction.db) else { return nil }
      guard found.job.state.hasEnded else { return false }
      try transaction.db.run("UPDATE job SET deleted = 1 WHERE number = ?", found.number)
      try transaction.tell(found.job.changed("delete", by: actor, now: now))
      try transaction.carryOut([.review(.reportUndelivered, subject: found.job.peer.rawValue)])
      return true
    }
  }
}
