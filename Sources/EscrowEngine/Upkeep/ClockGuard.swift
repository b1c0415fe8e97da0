import EscrowCore
import Logging
import NIOConcurrencyHelpers

/// Watches the wall clock against the clock that never jumps: after a step of more than a minute nobody knows how old
/// anything is, and nothing is purged until an operator confirms the clock, or a day has passed.
///
/// The alarm `clock.jumped` is the stop itself: while it is open, the purge guard lets nothing go.
struct ClockGuard: Sendable {
  static let tolerance = Duration.seconds(60)
  static let longest = Duration.hours(24)
  static let subject = "clock"

  private let last: NIOLockedValueBox<Reading>

  private struct Reading: Sendable {
    var wall: Timestamp
    var moment: MonotonicTime

    init(_ clock: EngineClock) {
      wall = clock.now()
      moment = clock.monotonic()
    }
  }

  init(clock: EngineClock) { last = NIOLockedValueBox(Reading(clock)) }

  /// Compares the clocks with what they said last; opens the alarm after a step, ends it after a day. Returns the
  /// time that was judged: who purges by it never purges by a step that nobody has seen.
  @discardableResult
  func review(in context: EngineContext) async throws -> Timestamp {
    let reading = Reading(context.clock)
    let before = last.withLockedValue { $0 }
    let step = reading.wall.since(before.wall) - reading.moment.since(before.moment)
    if abs(step.inSeconds) > Self.tolerance.inSeconds {
      try await Self.stop(in: context, because: "the wall clock was set \(Self.text(of: step))", now: reading.wall)
    } else {
      try await Self.endAfterADay(in: context, now: reading.wall)
    }
    // Only now: until the stop is durable, everybody who asks sees the step.
    last.withLockedValue { $0 = reading }
    return reading.wall
  }

  /// At start: what is on record must not be of the future.
  static func check(in context: EngineContext) async throws {
    let sequence = try await context.ledger.lastEvent()
    guard let newest = try await context.ledger.events(after: sequence - 1, limit: 1).first?.event.at else { return }
    let now = context.clock.now()
    guard newest > now + tolerance else { return }
    let text = "the wall clock says \(now.rfc3339), but something is on record of \(newest.rfc3339)"
    try await stop(in: context, because: text, now: now)
  }

  /// Stops purging; a stop that is open begins anew.
  private static func stop(in context: EngineContext, because cause: String, now: Timestamp) async throws {
    let text =
      "\(cause): nothing is purged until `escrow purging resume` confirms the clock, or until \((now + longest).rfc3339)"
    context.logger.warning("\(text)")
    try await context.ledger.raise(Alarm(.clockJumped, subject: subject, since: now, text: text), event: nil)
  }

  private static func endAfterADay(in context: EngineContext, now: Timestamp) async throws {
    let stop = try await context.ledger.alarms().first { $0.kind == .clockJumped }
    guard let stop, now >= stop.since + longest else { return }
    try await end(in: context, actor: "system", reason: "a day has passed")
    context.purging.wake()
  }

  /// Ends the stop, with who decided so on record.
  static func end(in context: EngineContext, actor: String, reason: String?) async throws {
    var event = EscrowEvent(.operatorAction, at: context.clock.now(), actor: actor)
    event.reason = reason.map { "purging resumed: \($0)" } ?? "purging resumed"
    try await context.ledger.clear(.clockJumped, subject: subject, event: event)
  }

  private static func text(of step: Duration) -> String {
    let seconds = Int(step.inSeconds.rounded())
    return seconds > 0 ? "forward by \(seconds) s" : "back by \(-seconds) s"
  }
}
