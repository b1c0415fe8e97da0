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
    _ = try await ledger.advanceStudies(quiet: Self.quiet, now: clock.now)
    oracle.advanced(quiet: Self.quiet, now: clock.now)
    try await raiseOverdueAlarms()
    if isTroubled, chance(10) { try await forge() }
    let purged = try await purge()
    try await noteIdleness(purged: purged)
    for name in TrafficContent.destinations { noteTurn(of: name) }
    agenda.note(.upkeep, at: clock.elapsed + (isTroubled ? .minutes(5) : .minutes(20)))
  }

  private func raiseOverdueAlarms() async throws {
    for (name, destination) in destinations.sorted(by: { $0.key < $1.key }) {
      guard let since = destination.health.downSince, clock.now.since(since) >= TrafficDestination.retry.alarmAfter
      else { continue }
      let alarm = Alarm(
        .destinationDown, subject: name.rawValue, since: since, text: destination.health.reason ?? "unknown")
      try await ledger.raise(alarm, event: nil)
    }
  }

  /// The process may end between intent and deed: then the next one finishes it.
  private func purge() async throws -> Int {
    let tickets = try await ledger.beginPurge(limit: 500, now: clock.now)
    for ticket in tickets { oracle.judge(ticket.instance, peers: peers, at: clock.elapsed) }
    guard !tickets.isEmpty else { return 0 }
    if isTroubled, chance(2) {
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
    let open = [DeliveryState.queued, .sending, .sent, .requested].compactMap { status.deliveries[$0] }.reduce(0, +)
    let moving = [InstanceState.inTransit, .purging].compactMap { status.instances[$0] }.reduce(0, +)
    idleLooks = open + moving == 0 ? idleLooks + 1 : 0
  }

  /// The process ends and another begins: what was on the wire may have arrived, what was not on record is forgotten.
  func restart() async throws {
    journal.note("---- restart")
    tally.restarts += 1
    for name in TrafficContent.destinations {
      if let claim = destinations[name]?.underWay, chance(50) {
        peers[name]?.archive.take(claim.sop.instanceUID, claim.digest, discardsElements: false)
      }
      destinations[name] = TrafficDestination(name)
    }
    agenda.drop { if case .turn = $0 { true } else { false } }
    outcomes = []
    if chance(50) { clock.reboot() }
    try await finish(try await ledger.recover(now: clock.now))
    for alarm in try await ledger.alarms() where alarm.kind == .destinationDown {
      destinations[PeerName(alarm.subject)]?.health.restore(
        downSince: alarm.since, reason: alarm.text, moment: clock.monotonic)
    }
    for name in TrafficContent.destinations { noteTurn(of: name) }
  }
}
