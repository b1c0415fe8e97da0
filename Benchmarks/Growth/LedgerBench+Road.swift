import DICOM
import EscrowCore
import LedgerSQLite

/// From the sender to the purge.
extension LedgerBench {
  private static let repetitions = Backlog.destinations.count
  private static let batch = 16
  private static let policy = CommitmentPolicy(quiet: .zero)

  func road(_ ledger: SQLiteLedger) async throws {
    try await admitting(ledger)
    try await sending(ledger)
    try await asking(ledger)
    try await purging(ledger)
  }

  private func admitting(_ ledger: SQLiteLedger) async throws {
    try await stopwatch.time("admit") { number in
      let admission = backlog.admission(backlog.count + number)
      _ = try await ledger.admit(admission, now: tick())
    }
    let first = backlog.count + 2000
    try await stopwatch.time("admit 16 at once") { number in
      let (now, start) = (tick(), first + number * Self.batch)
      let admissions = (start..<start + Self.batch).map(backlog.admission)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for admission in admissions { group.addTask { _ = try await ledger.admit(admission, now: now) } }
        try await group.waitForAll()
      }
    }
    try await stopwatch.time("admit again") { number in
      _ = try await ledger.admit(backlog.admission(backlog.count / 2 + number), now: tick())
    }
  }

  private func sending(_ ledger: SQLiteLedger) async throws {
    let lease = MonotonicTime(nanoseconds: .max)
    // The first of a queue are looked for once before.
    for destination in Backlog.destinations {
      _ = try await ledger.claim(destination, limit: 4, lease: lease, now: tick())
    }
    var claims: [[Claim]] = []
    try await stopwatch.time("claim 16", repetitions: Self.repetitions) { number in
      claims += [
        try await ledger.claim(Backlog.destinations[number], limit: Self.batch, lease: lease, now: tick()).claims
      ]
    }
    guard claims.allSatisfy({ $0.count == Self.batch }) else { throw Unchanged(verb: "claim") }
    try await stopwatch.time("renew 16 claims", repetitions: Self.repetitions) { number in
      try await ledger.renew(claims[number].map(\.key), lease: lease)
    }
    try await stopwatch.time("record 16", repetitions: Self.repetitions) { number in
      let now = tick()
      let outcomes = claims[number].map {
        AttemptOutcome(key: $0.key, result: .stored(discardedElements: false), startedAt: now)
      }
      try await ledger.record(outcomes, now: now)
    }
  }

  private func asking(_ ledger: SQLiteLedger) async throws {
    var opened: [CommitmentTransaction] = []
    try await stopwatch.time("open transaction of 10", repetitions: Self.repetitions) { number in
      let opening = try await ledger.openTransaction(
        UID("2.25.\(number + 1)"), to: Backlog.destinations[number], policy: Self.policy, now: tick(.seconds(60)))
      guard case .opened(let transaction) = opening else { throw Unchanged(verb: "open transaction") }
      opened.append(transaction)
    }
    try await stopwatch.time("record request", repetitions: opened.count) { number in
      try await ledger.recordRequest(opened[number].uid, answer: .accepted, now: tick())
    }
    try await stopwatch.time("apply report of 10", repetitions: opened.count) { number in
      let transaction = opened[number]
      let report = CommitmentReport(
        transactionUID: transaction.uid, committed: transaction.references, failed: [], reportedBy: "D@10.0.0.1")
      let destination = Backlog.destinations[number]
      _ = try await ledger.applyReport(
        report, from: [destination], policies: [destination: Self.policy], now: tick())
    }
    try await stopwatch.time("commitments ls") { _ in
      _ = try await ledger.transactions(TransactionFilter(), page: PageRequest(limit: 20))
    }
    try await stopwatch.time("commitments ls --to") { number in
      let filter = TransactionFilter(destinations: [Backlog.destinations[number % 20]])
      _ = try await ledger.transactions(filter, page: PageRequest(limit: 20))
    }
    try await stopwatch.time("a transaction's items") { number in
      _ = try await ledger.items(ofTransaction: opened[number % opened.count].uid)
    }
  }

  private func purging(_ ledger: SQLiteLedger) async throws {
    _ = tick(.hours(48))
    try await stopwatch.time("begin and finish purge of 4", repetitions: Self.repetitions) { _ in
      let begun = try await ledger.beginPurge(limit: 4, now: tick())
      guard begun.count == 4 else { throw Unchanged(verb: "begin purge") }
      try await ledger.finishPurge(begun.map(\.instance), now: tick())
    }
  }
}
