import DICOM
import EscrowCore
import LedgerSQLite

/// What people, the pages and the metrics ask for.
extension LedgerBench {
  /// At the smallest size each destination has fifty.
  private static let page = PageRequest(limit: 40)

  func pages(_ ledger: SQLiteLedger) async throws {
    let here = Backlog.destinations[7]
    try await deliveries("queue ls", DeliveryFilter(states: [.queued]), in: ledger)
    try await deliveries("queue ls --to", DeliveryFilter(states: [.queued], destinations: [here]), in: ledger)
    try await deliveries(
      "queue ls --study", DeliveryFilter(studyInstanceUID: backlog.study(backlog.count / 2)), in: ledger)
    var reasoned = DeliveryFilter(states: [.queued])
    reasoned.callingAEs = ["CT3"]
    try await deliveries("queue ls --from", reasoned, in: ledger)
    try await stopwatch.time("instances ls") { _ in
      _ = try await ledger.instances(InstanceFilter(states: [.inTransit]), page: Self.page)
    }
    try await stopwatch.time("instances of a study") { _ in
      let filter = InstanceFilter(studyInstanceUID: backlog.study(backlog.count / 2))
      _ = try await ledger.instances(filter, page: Self.page)
    }
    try await stopwatch.time("events") { _ in
      _ = try await ledger.events(after: try await ledger.lastEvent() - 40, limit: 40)
    }
    try await stopwatch.time("webhooks log") { _ in
      _ = try await ledger.webhookLog(Backlog.endpoint, page: Self.page)
    }
    try await stopwatch.time("files") { _ in _ = try await ledger.files(after: nil, limit: 1000) }
    try await stopwatch.time("a destination, 40 looked at") { _ in _ = try await ledger.waiting(for: here, limit: 40) }
    try await stopwatch.time("space, 400 looked at") { _ in _ = try await ledger.space(studies: 10, examining: 400) }
    try await stopwatch.time("a destination, as shown", repetitions: 5) { _ in
      _ = try await ledger.waiting(for: here, limit: 10_000)
    }
    try await stopwatch.time("space, as shown", repetitions: 5) { _ in
      _ = try await ledger.space(studies: 10, examining: 20_000)
    }
  }

  private func deliveries(_ name: String, _ filter: DeliveryFilter, in ledger: SQLiteLedger) async throws {
    try await stopwatch.time(name) { _ in _ = try await ledger.deliveries(filter, page: Self.page) }
  }

  func lookups(_ ledger: SQLiteLedger) async throws {
    let middle = backlog.count / 2
    try await stopwatch.time("status") { _ in _ = try await ledger.status() }
    try await stopwatch.time("count") { number in
      let filter = DeliveryFilter(states: [.queued], destinations: [Backlog.destinations[number % 20]])
      _ = try await ledger.count(filter)
    }
    try await stopwatch.time("trace an instance") { number in
      _ = try await ledger.trace(backlog.sop(middle + number).instanceUID)
    }
    try await stopwatch.time("trace a study") { number in
      _ = try await ledger.trace(backlog.study(middle + number * Backlog.perStudy))
    }
    try await stopwatch.time("open proofs") { number in
      _ = try await ledger.openProofs(at: Backlog.destinations[number % 20])
    }
    try await stopwatch.time("queries due") { number in
      _ = try await ledger.queriesDue(
        at: Backlog.destinations[number % 20], policy: QueryPolicy(), limit: 50, now: tick())
    }
    try await stopwatch.time("sources") { _ in _ = try await ledger.sources() }
    try await stopwatch.time("alarms") { _ in _ = try await ledger.alarms() }
    try await stopwatch.time("endpoints") { _ in _ = try await ledger.endpoints() }
    try await stopwatch.time("unlisted senders") { _ in _ = try await ledger.unlistedSenders() }
    try await stopwatch.time("legal holds") { _ in _ = try await ledger.legalHolds() }
    try await stopwatch.time("open destinations") { _ in _ = try await ledger.openDestinations() }
    try await stopwatch.time("look up") { number in _ = try await ledger.lookup(backlog.study(middle + number).rawValue)
    }
    try await stopwatch.time("statistics", repetitions: 5) { _ in _ = try await ledger.countResources() }
  }
}
