import DICOM
import EscrowCore
import LedgerSQLite

/// What is done every second or so, mostly in vain.
extension LedgerBench {
  func upkeep(_ ledger: SQLiteLedger) async throws {
    let commitment = Dictionary(uniqueKeysWithValues: Backlog.destinations.map { ($0, CommitmentPolicy()) })
    let querying = Dictionary(uniqueKeysWithValues: Backlog.destinations.map { ($0, QueryPolicy()) })
    _ = try await ledger.advanceStudies(quiet: .zero, now: tick())
    try await stopwatch.time("advance studies") { _ in _ = try await ledger.advanceStudies(quiet: .zero, now: tick()) }
    try await stopwatch.time("expire reports") { _ in
      _ = try await ledger.expireReports(policies: commitment, now: tick())
    }
    try await stopwatch.time("review queries") { _ in try await ledger.reviewQueries(policies: querying, now: tick()) }
    try await stopwatch.time("expire claims") { _ in
      _ = try await ledger.expireClaims(at: MonotonicTime(nanoseconds: 0), now: tick())
    }
    try await stopwatch.time("replace") { number in
      _ = try await ledger.replace(at: Backlog.destinations[number % 20], limit: 100, now: tick())
    }
    try await stopwatch.time("begin no purge") { _ in _ = try await ledger.beginPurge(limit: 4, now: backlog.end) }
    try await webhooks(ledger)
    try await jobs(ledger)
  }

  private func webhooks(_ ledger: SQLiteLedger) async throws {
    var due: [WebhookTask] = []
    try await stopwatch.time("due webhooks") { _ in
      due = try await ledger.dueWebhooks(Backlog.endpoint, limit: 20, now: tick()).tasks
    }
    try await stopwatch.time("record a webhook", repetitions: due.count) { number in
      let task = WebhookTry(task: due[number].id, status: 200, error: nil, seconds: 0.1, next: .done)
      try await ledger.recordWebhooks([task], now: tick())
    }
  }

  private func jobs(_ ledger: SQLiteLedger) async throws {
    try await stopwatch.time("due jobs") { _ in
      _ = try await ledger.dueJobs(.storing, of: nil, limit: 10, now: tick())
      _ = try await ledger.nextDueJob(Set(JobStage.allCases))
    }
    try await stopwatch.time("job ls") { _ in _ = try await ledger.jobs(JobFilter(), page: PageRequest(limit: 20)) }
  }
}
