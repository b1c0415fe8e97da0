import EscrowCore
import Logging

/// Destinations that deliveries wait for and the configuration does not name any more: nothing is dropped, and people
/// are told.
struct MissingDestinations: Sendable {
  let context: EngineContext

  /// Opens an alarm for each, and ends those whose cause is over.
  func review() async throws {
    let missing = try await context.ledger.openDestinations().filter { context.destinations[$0] == nil }
    let told = try await context.ledger.alarms().filter { $0.kind == .destinationMissing }
    for alarm in told where !missing.contains(PeerName(alarm.subject)) {
      try await context.ledger.clear(.destinationMissing, subject: alarm.subject, event: nil)
    }
    guard !missing.isEmpty else { return }
    let backlogs = try await context.ledger.status().backlogs
    for name in missing.sorted() {
      let text = Self.text(name, backlogs[name] ?? .init())
      let open = told.first { $0.subject == name.rawValue }
      guard open?.text != text else { continue }
      let alarm = Alarm(.destinationMissing, subject: name.rawValue, since: context.clock.now(), text: text)
      try await context.ledger.raise(alarm, event: nil)
      if open == nil { context.logger.warning("\(text)", metadata: ["peer": "\(name)"]) }
    }
  }

  /// How many wait, and what to do.
  private static func text(_ name: PeerName, _ backlog: LedgerStatus.Backlog) -> String {
    let waiting = backlog.queued + backlog.sent + backlog.requested
    return "\(waiting) deliveries wait for \(name), which is no peer with host and port any more; they are kept: "
      + "configure it again, or give them up (escrow queue cancel --to \(name), then waive)"
  }
}
