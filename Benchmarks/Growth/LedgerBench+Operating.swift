import DICOM
import EscrowCore
import LedgerSQLite

/// What operators do to one of many.
extension LedgerBench {
  private static let repetitions = 20

  func operating(_ ledger: SQLiteLedger) async throws {
    let waiting = try await ledger.deliveries(
      DeliveryFilter(states: [.queued], destinations: [Backlog.destinations[5]]),
      page: PageRequest(limit: Self.repetitions)
    ).items.map(\.delivery.id)
    for (name, verb) in [("hold one", DeliveryVerb.hold), ("release one", .release), ("expedite one", .expedite)] {
      try await change(name, waiting, verb, in: ledger)
    }
    try await change("cancel one", Array(waiting.prefix(10)), .cancel, in: ledger)
    try await change("retry one", Array(waiting.prefix(10)), .retry, in: ledger)
    try await holdingByTheSystem(ledger)
    try await damaging(ledger)
    try await stopwatch.time("raise and clear an alarm", repetitions: 40) { _ in
      try await ledger.raise(
        Alarm(.destinationDown, subject: "d1", since: tick(), text: "does not answer"), event: nil)
      try await ledger.clear(.destinationDown, subject: "d1", event: nil)
    }
    try await stopwatch.time("record an event") { _ in
      try await ledger.tell(EscrowEvent(.operatorAction, at: tick(), reason: "looked", actor: "somebody"))
    }
    try await stopwatch.time("hold a study legally", repetitions: Self.repetitions) { number in
      let subject = LegalHold.Subject.study(backlog.study(backlog.count / 4 + number * Backlog.perStudy))
      let hold = LegalHold(subject, by: "somebody", reason: "asked for", at: tick())
      _ = try await ledger.begin(hold)
    }
  }

  private func change(
    _ name: String, _ deliveries: [DeliveryID], _ verb: DeliveryVerb, in ledger: SQLiteLedger
  ) async throws {
    let order = BulkOrder(actor: "somebody", reason: "measured")
    try await stopwatch.time(name, repetitions: deliveries.count) { number in
      let result = try await ledger.change(DeliveryFilter(ids: [deliveries[number]]), verb, by: order, now: tick())
      guard result.changed == 1 else { throw Unchanged(verb: name) }
    }
  }

  /// What a destination takes nothing of waits for an operator; the alarm ends with the last of them.
  private func holdingByTheSystem(_ ledger: SQLiteLedger) async throws {
    let order = BulkOrder(actor: "somebody", reason: "measured")
    try await stopwatch.time("claim one, hold and release it", repetitions: Self.repetitions) { _ in
      let claims = try await ledger.claim(
        Backlog.destinations[6], limit: 1, lease: MonotonicTime(nanoseconds: .max), now: tick()
      ).claims
      let now = tick()
      try await ledger.record(
        claims.map { AttemptOutcome(key: $0.key, result: .held(reason: "refused"), startedAt: now) }, now: now)
      let filter = DeliveryFilter(ids: Set(claims.map(\.key.delivery)))
      guard try await ledger.change(filter, .release, by: order, now: tick()).changed == 1 else {
        throw Unchanged(verb: "release")
      }
    }
  }

  private func damaging(_ ledger: SQLiteLedger) async throws {
    let instances = try await ledger.instances(
      InstanceFilter(states: [.inTransit]), page: PageRequest(limit: Self.repetitions)
    ).items.map(\.instance)
    try await stopwatch.time("mark damaged", repetitions: instances.count) { number in
      let instance = instances[number]
      try await ledger.markDamaged(instance.id, file: instance.file, reason: "short", now: tick())
    }
  }
}
