import EscrowCore
import Logging

/// Destinations that deliveries wait for and the configuration does not name any more: nothing is dropped, and people
/// are told.
struct MissingDestinations: Sendable {
  let context: EngineContext

  /// Opens an alarm for each, and ends those whose cause is over.
  func review() async throws {
    let missing = try await context.ledger.openDestinations().filter { context.destinations[$0] == nil }
    let told = try await context.ledger.alarms(of: [.destinationMissing])
    for alarm in told where !missing.contains(PeerName(alarm.subject)) {
      try await context.ledger.clear(.destinationMissing, subject: alarm.subject, event: nil)
    }
    guard !missing.isEmpty else { return }
    for name in missing.sorted() {
      let waiting = try await context.ledger.count(DeliveryFilter(states: Self.open, destinations: [name]))
      let text = Self.text(name, waiting)
      let open = told.first { $0.subject == name.rawValue }
      guard open?.text != text else { continue }
      let alarm = Alarm(.destinationMissing, subject: name.rawValue, since: context.clock.now(), text: text)
      try await context.ledger.raise(alarm, event: nil)
      if open == nil { context.logger.warning("\(text)", metadata: ["peer": "\(name)"]) }
    }
  }

  private static let open = Set(DeliveryState.allCases.filter { !$0.isTerminal })

  /// How many wait, and what to do.
  private static func text(_ name: PeerName, _ waiting: Int) -> String {
    "\(waiting) deliveries wait for \(name), which is no peer with host and port any more; they are kept: "
      + "configure it again, or give them up (escrow queue cancel --to \(name), then waive)"
  }
}
