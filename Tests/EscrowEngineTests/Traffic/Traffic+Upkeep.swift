import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowTesting

extension Traffic {
  /// What time brings: outcomes that were put off, leases, overdue reports, quiet studies, alarms, purges.
  func upkeep() async throws {
    try await recordOutcomes()
    let held = destinations.values.flatMap(\.held).sorted { $0.delivery < $1.delivery }
    try await ledger.renew(held, lease: clock.monotonic + .minutes(5))
    _ = try await ledger.expireClaims(at: clock.monotonic, now: clock.now)
    _ = try await ledger.expireReports(policies: policies, now: clock.now)
    try await ledger.reviewQueries(
      policies: destinations.mapValues { $0.peer.query.policy }, now: clock.now)
    _ = try await ledger.advanceStudies(quiet: Self.quiet, now: clock.now)
    oracle.advanced(quiet: Self.quiet, now: clock.now)
    try await raiseOverdueAlarms()
    try await replace()
    if isTroubled ? chance(6) : !isReleased { try await release() }
    if isTroubled, chance(20) { try await forge() }
    let purged = try await purge()
    try await noteIdleness(purged: purged)
    agenda.note(.upkeep, at: clock.elapsed + (isTroubled ? Self.idle : .minutes(20)))
  }

  private func raiseOverdueAlarms() async throws {
    for (name, destination) in destinations.sorted(by: { $0.key < $1.key }) {
      guard let since = destination.health.downSince, clock.now.since(since) >= destination.peer.retry.alarmAfter
      else { continue }
      let alarm = Alarm(
        .destinationDown, subject: name.rawValue, since: since, text: destination.health.reason ?? "unknown")
      try await ledger.raise(alarm, event: nil)
    }
  }

  /// What waits for a destination that has been down for too long goes to its alternative.
  private func replace() async throws {
    for (name, destination) in destinations.sorted(by: { $0.key < $1.key }) {
      guard let since = destination.health.downSince, clock.now.since(since) >= destination.peer.failoverAfter else {
        continue
      }
      let replaced = try await ledger.replace(at: name, limit: 200, now: clock.now)
      guard replaced > 0 else { continue }
      journal.note("\(replaced) deliveries go elsewhere than to \(name)")
      for other in TrafficContent.destinations { noteTurn(of: other) }
    }
  }

  /// An operator releases all that is held.
  private func release() async throws {
    isReleased = !isTroubled
    for name in TrafficContent.destinations { destinations[name]?.classHolds.forget() }
    oracle.conduct.forgetRefusals()
    var held = DeliveryFilter()
    held.isHeld = true
    let result = try await ledger.change(held, .release, by: BulkOrder(actor: "operator"), now: clock.now)
    journal.note("an operator releases \(result.changed) deliveries")
    for name in TrafficContent.destinations { noteTurn(of: name) }
  }

  /// The process may end between intent and deed: then the next one finishes it.
  private func purge() async throws -> Int {
    let tickets = try await ledger.beginPurge(limit: 500, now: clock.now)
    for ticket in tickets { oracle.judge(ticket.instance, peers: peers, at: clock.elapsed) }
    guard !tickets.isEmpty else { return 0 }
    if isTroubled, chance(3) {
      try await restart()
    } else {
      try await finish(tickets)
    }
    return tickets.count
  }

  private func finish(_ tickets: [PurgeTicket]) async throws {
    journal.note("purges \(tickets.map(\.instance))")
    files.subtract(tickets.map(\.file))
    try await ledger.finishPurge(tickets.map(\.instance), now: clock.now)
  }

  private func noteIdleness(purged: Int) async throws {
    guard !isTroubled, purged == 0 else { return idleLooks = 0 }
    let status = try await ledger.status()
    let filter = DeliveryFilter(states: [.queued, .sending, .sent, .requested])
    let open = try await ledger.deliveries(filter, page: PageRequest(limit: 1000)).items.map(\.delivery)
    let held = Set(open.filter { $0.hold != nil }.map(\.id))
    let isWaitingForPeople = open.allSatisfy { held.contains($0.id) || $0.behind.map(held.contains) ?? false }
    var doubted = DeliveryFilter(states: [.delivered])
    doubted.dueAfter = Timestamp(microseconds: 0)
    let isDoubted = try await ledger.count(doubted) > 0
    let isOver = isWaitingForPeople && !isDoubted && status.instances[.purging] ?? 0 == 0
    idleLooks = isOver ? idleLooks + 1 : 0
  }

  /// The process ends and another begins: what was on the wire may have arrived, what was not on record is forgotten.
  func restart() async throws {
    journal.note("---- restart")
    tally.restarts += 1
    for name in TrafficContent.destinations {
      if let claim = destinations[name]?.underWay {
        oracle.conduct.noteMayHave(claim)
        if chance(50) { peers[name]?.archive.take(claim.sop.instanceUID, claim.arriving, discardsElements: false) }
      }
      destinations[name] = TrafficDestination(name)
    }
    agenda.drop { if case .turn = $0 { true } else { false } }
    outcomes = []
    oracle.conduct.forgetRefusals()
    if chance(50) { clock.reboot() }
    try await finish(try await ledger.recover(now: clock.now))
    for alarm in try await ledger.alarms() where alarm.kind == .destinationDown {
      destinations[PeerName(alarm.subject)]?.health.restore(
        downSince: alarm.since, reason: alarm.text, moment: clock.monotonic)
    }
    for name in TrafficContent.destinations { noteTurn(of: name) }
  }
}
