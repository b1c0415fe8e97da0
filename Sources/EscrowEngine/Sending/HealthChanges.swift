import EscrowCore
import Logging

/// Tells of destinations that go down and come back: log, event, alarm.
struct HealthChanges: Sendable {
  let context: EngineContext

  func failed(_ destination: Destination, reason: String, trouble: DestinationHealth.Trouble) async {
    let now = context.clock.now()
    let change = destination.health.failed(reason, trouble: trouble, now: now, moment: context.clock.monotonic())
    destination.queueSignal.wake()
    guard change == .wentDown else { return await raiseIfOverdue(destination, now: now) }
    context.logger.warning("destination down: \(reason)", metadata: ["peer": "\(destination.name)"])
    await record { try await $0.tell(event(.destinationDown, destination, reason: reason, at: now)) }
  }

  /// The peer answered A-ASSOCIATE-AC.
  func associated(_ destination: Destination) async {
    await apply(destination.health.associated(), to: destination)
    // Asking waits while it is not up.
    destination.wakeAsking()
  }

  /// An instance was stored, or nothing is left to be stored.
  func succeeded(_ destination: Destination) async {
    await apply(destination.health.succeeded(), to: destination)
  }

  private func apply(_ change: DestinationHealth.Change, to destination: Destination) async {
    guard change == .cameUp else { return }
    let now = context.clock.now()
    destination.noteWork()
    destination.wakeAsking()
    context.logger.notice("destination up", metadata: ["peer": "\(destination.name)"])
    await record { ledger in
      try await ledger.tell(event(.destinationUp, destination, reason: nil, at: now))
      try await ledger.clear(.destinationDown, subject: destination.name.rawValue, event: nil)
    }
  }

  /// At start: destinations whose alarm is open are down until they answer; alarms of others end.
  func restore() async throws {
    for alarm in try await context.ledger.alarms(of: [.destinationDown]) {
      if let destination = context.destinations[PeerName(alarm.subject)] {
        destination.health.restore(downSince: alarm.since, reason: alarm.text, moment: context.clock.monotonic())
      } else {
        try await context.ledger.clear(.destinationDown, subject: alarm.subject, event: nil)
      }
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
