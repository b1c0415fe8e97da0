import EscrowCore
import Logging

/// Destinations that deliveries wait for and the configuration does not name any more: nothing is dropped, and people
/// are told.
struct MissingDestinations: Sendable {
  let context: EngineContext

  /// Opens an alarm for each, and ends those whose cause is over.
  func review() async throws {
    let missing = try await context.ledger.openDestinations().filter { context.destinations[$0] == nil }
    let told = try await context.ledger.alarms().filter { $0.kind == .destinationMissing }.map { PeerName($0.subject) }
    for name in told where !missing.contains(name) {
      try await context.ledger.clear(.destinationMissing, subject: name.rawValue, event: nil)
    }
    for name in missing.subtracting(told).sorted() {
      let text = "deliveries wait for \(name), which is no peer with host and port any more: configure it again"
      let alarm = Alarm(.destinationMissing, subject: name.rawValue, since: context.clock.now(), text: text)
      try await context.ledger.raise(alarm, event: nil)
      context.logger.warning("\(text)", metadata: ["peer": "\(name)"])
    }
  }
}
