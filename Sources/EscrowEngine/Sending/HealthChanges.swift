import EscrowCore
import Logging

/// Tells of destinations that go down and come back: log, event, alarm.
struct HealthChanges: Sendable {
  let context: EngineContext

  func failed(_ destination: Destination, reason: String) async {
    let now = context.clock.now()
    let change = destination.health.failed(reason, now: now)
    destination.queueSignal.wake()
    guard change == .wentDown else { return await raiseIfOverdue(destination, now: now) }
    context.logger.warning("destination down: \(reason)", metadata: ["peer": "\(destination.name)"])
    await record { try await $0.tell(event(.destinationDown, destination, reason: reason, at: now)) }
  }

  func succeeded(_ destination: Destination) async {
    guard destination.health.succeeded() == .cameUp else { return }
    let now = context.clock.now()
    context.logger.notice("destination up", metadata: ["peer": "\(destination.name)"])
    await record { ledger in
      try await ledger.tell(event(.destinationUp, destination, reason: nil, at: now))
      try await ledger.clear(.destinationDown, subject: destination.name.rawValue, event: nil)
    }
  }

  /// Raises the alarm of a destination that has been down for its `alarmAfter`.
  func raiseIfOverdue(_ destination: Destination, now: Timestamp) async {
    let health = destination.health.current
    guard let since = health.downSince, now.since(since) >= destination.peer.retry.alarmAfter else { return }
    let text = "down since \(since.rfc3339): \(health.reason ?? "unknown")"
    await record { ledger in
      try await ledger.raise(
        Alarm(.destinationDown, subject: destination.name.rawValue, since: since, text: text),
        event: event(.destinationDown, destination, reason: text, at: now))
    }
  }

  private func event(_ kind: EventKind, _ destination: Destination, reason: String?, at now: Timestamp) -> EscrowEvent {
    EscrowEvent(kind, at: now, destination: destination.name, reason: reason)
  }

  private func record(_ change: (any Ledger) async throws -> Void) async {
    do {
      try await change(context.ledger)
      context.webhooks()
    } catch {
      context.logger.error("a change of health could not be recorded: \(error)")
    }
  }
}
