import EscrowCore
import Logging

/// The maintenance mode: nothing is taken in, all else goes on. It outlasts a restart.
package struct Maintenance: Sendable {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  /// Stops the intake; what is being received is received to its end. False when it was stopped already.
  package func begin(actor: String, reason: String) async throws -> Bool {
    guard context.stops.intake == nil else { return false }
    let now = context.clock.now()
    try await context.ledger.raise(
      Alarm(.maintenance, subject: Self.subject, since: now, text: "no intake, by \(actor): \(reason)"),
      event: EscrowEvent(.operatorAction, at: now, reason: "maintenance begun: \(reason)", actor: actor))
    try await context.stops.note { try await context.ledger.alarms(of: OperatorStops.kinds) }
    context.logger.warning("maintenance: nothing is taken in", metadata: ["by": "\(actor)"])
    return true
  }

  /// Takes in again; false when it was not stopped.
  package func end(actor: String, reason: String?) async throws -> Bool {
    guard context.stops.intake != nil else { return false }
    let text = "maintenance ended" + (reason.map { ": \($0)" } ?? "")
    try await context.ledger.clear(
      .maintenance, subject: Self.subject,
      event: EscrowEvent(.operatorAction, at: context.clock.now(), reason: text, actor: actor))
    try await context.stops.note { try await context.ledger.alarms(of: OperatorStops.kinds) }
    context.logger.notice("maintenance is over", metadata: ["by": "\(actor)"])
    return true
  }

  private static let subject = "intake"
}
