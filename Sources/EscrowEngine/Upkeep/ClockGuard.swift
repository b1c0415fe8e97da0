import EscrowCore
import Logging
import NIOConcurrencyHelpers

/// Watches the wall clock against the clock that never jumps: after a step of more than a minute nobody knows how old
/// anything is, and nothing is purged until an operator confirms the clock, or it has run for a day.
///
/// The alarm `clock.jumped` is the stop itself: while it is open, the purge guard lets nothing go. What waits for a time
/// goes on as if there had been no step.
struct ClockGuard: Sendable {
  static let tolerance = Duration.seconds(60)
  static let longest = Duration.hours(24)
  static let subject = "clock"

  private let state: NIOLockedValueBox<State>

  private struct State: Sendable {
    var last: Reading
    /// Since when it has watched without seeing a step.
    var steadySince: MonotonicTime
    /// By how much what waits is still to be put back.
    var owed = Duration.zero
  }

  private struct Reading: Sendable {
    var wall: Timestamp
    var moment: MonotonicTime

    init(_ clock: EngineClock) {
      wall = clock.now()
      moment = clock.monotonic()
    }
  }

  init(clock: EngineClock) {
    let reading = Reading(clock)
    state = NIOLockedValueBox(State(last: reading, steadySince: reading.moment))
  }

  /// Compares the clocks with what they said last; opens the alarm after a step, ends it after a day. Returns the
  /// time that was judged: who purges by it never purges by a step that nobody has seen.
  @discardableResult
  func review(in context: EngineContext) async throws -> Timestamp {
    let reading = Reading(context.clock)
    let before = state.withLockedValue { $0.last }
    let step = reading.wall.since(before.wall) - reading.moment.since(before.moment)
    let isStep = abs(step.inSeconds) > Self.tolerance.inSeconds
    if isStep {
      try await Self.stop(in: context, because: "the wall clock was set \(Self.text(of: step))", now: reading.wall)
    } else {
      try await endAfterADay(in: context, reading.moment)
    }
    // Only now: until the stop is durable, everybody who asks sees the step. Of those, one puts back what waits.
    state.withLockedValue { state in
      if isStep, step < .zero, state.last.moment == before.moment { state.owed -= step }
      if isStep { state.steadySince = reading.moment }
      state.last = reading
    }
    try await putBackWaits(in: context)
    if isStep { context.wakeAll() }
    return reading.wall
  }

  private func putBackWaits(in context: EngineContext) async throws {
    let owed = state.withLockedValue { state in
      defer { state.owed = .zero }
      return state.owed
    }
    guard owed > .zero else { return }
    do {
      try await context.ledger.putBackWaits(by: owed, now: context.clock.now())
    } catch {
      state.withLockedValue { $0.owed += owed }
      throw error
    }
    context.wakeAll()
  }

  /// At start: what is on record must not be of the future.
  static func check(in context: EngineContext) async throws {
    let sequence = try await context.ledger.lastEvent()
    guard let newest = try await context.ledger.events(after: sequence - 1, limit: 1).first?.event.at else { return }
    let now = context.clock.now()
    guard newest > now + tolerance else { return }
    let text = "the wall clock says \(now.rfc3339), but something is on record of \(newest.rfc3339)"
    try await stop(in: context, because: text, now: now)
    // By so much at least the clock was put back.
    try await context.ledger.putBackWaits(by: newest.since(now), now: now)
  }

  /// Stops purging; a stop that is open begins anew.
  private static func stop(in context: EngineContext, because cause: String, now: Timestamp) async throws {
    let text =
      "\(cause): nothing is purged until `escrow purging resume` confirms the clock, or until the router has run for "
      + "24 hours"
    context.logger.warning("\(text)")
    try await context.ledger.raise(Alarm(.clockJumped, subject: subject, since: now, text: text), event: nil)
  }

  /// The wall clock does not tell that a day has passed: it may have been set while nobody watched it.
  private func endAfterADay(in context: EngineContext, _ moment: MonotonicTime) async throws {
    let steadySince = state.withLockedValue { $0.steadySince }
    guard moment.since(steadySince) >= Self.longest,
      try await !context.ledger.alarms(of: [.clockJumped]).isEmpty
    else { return }
    try await Self.end(in: context, actor: "system", reason: "a day has passed")
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
