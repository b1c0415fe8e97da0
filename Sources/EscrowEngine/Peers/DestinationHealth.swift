package import EscrowCore
import NIOConcurrencyHelpers

/// Whether a destination can be sent to (a value; ``HealthBox`` shares it).
///
/// `up` goes to `down` when a connection or association fails, or the peer does not store; `down` goes to `probing`
/// when its wait is over; `probing` to `up` with any A-ASSOCIATE-AC, back to `down` without. The wait grows from
/// failure to failure and starts anew only after an instance was stored, or when nothing is left to be stored.
package struct DestinationHealth: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    case up
    case probing
    case down(until: MonotonicTime)
  }

  /// What kind of trouble it is, because they end differently.
  package enum Trouble: Int, Sendable, Comparable {
    /// No association: over with the next one.
    case unreachable
    /// Associations, but no instance gets through: over when one is stored.
    case refusing
    /// It does not let us: as `refusing`, and tried only now and then.
    case forbidding

    package static func < (left: Trouble, right: Trouble) -> Bool { left.rawValue < right.rawValue }

    /// The wait between two tries at the least.
    var leastWait: Duration { self == .forbidding ? .minutes(15) : .zero }
  }

  package private(set) var state = State.up
  /// Why it is down, with the peer's or the system's own words.
  package private(set) var reason: String?
  package private(set) var failures = 0
  /// Since when nothing could be stored; nil while all is well.
  package private(set) var downSince: Timestamp?
  private var trouble = Trouble.unreachable

  package init() {}

  /// What a change of health is worth telling.
  package enum Change: Sendable, Equatable {
    case none
    case wentDown
    case cameUp
  }

  package mutating func failed(
    _ reason: String, trouble: Trouble, retry: RetryPolicy, jitter: Double, now: Timestamp, moment: MonotonicTime
  ) -> Change {
    let change: Change = downSince == nil ? .wentDown : .none
    failures += 1
    self.reason = reason
    // That it cannot be reached now and then does not make up for that it stores nothing.
    self.trouble = downSince == nil ? trouble : max(trouble, self.trouble)
    downSince = downSince ?? now
    state = .down(until: moment + max(retry.wait(afterFailures: failures, jitter: jitter), trouble.leastWait))
    return change
  }

  /// It was down when the process ended: it is tried at once.
  package mutating func restore(downSince: Timestamp, reason: String, moment: MonotonicTime) {
    self.downSince = downSince
    self.reason = reason
    failures = 1
    state = .down(until: moment)
  }

  /// Somebody wants it tried now: its wait is over.
  package mutating func hurry(moment: MonotonicTime) {
    if case .down = state { state = .down(until: moment) }
  }

  /// How long it is left alone from now on.
  package func wait(at moment: MonotonicTime) -> Duration {
    if case .down(let until) = state { max(until.since(moment), .zero) } else { .zero }
  }

  /// The wait is over: one association may try.
  package mutating func beginProbe() { state = .probing }

  /// The peer answered A-ASSOCIATE-AC: to a probe, or to somebody who found it unreachable.
  package mutating func associated() -> Change {
    if case .down = state, trouble != .unreachable { return .none }
    state = .up
    guard trouble == .unreachable, downSince != nil else { return .none }
    downSince = nil
    reason = nil
    return .cameUp
  }

  /// An instance was stored, or nothing is left to be stored.
  package mutating func succeeded() -> Change {
    let change: Change = downSince == nil ? .none : .cameUp
    self = DestinationHealth()
    return change
  }
}

/// A destination's health, shared by its tasks.
package final class HealthBox: Sendable {
  private let retry: NIOLockedValueBox<RetryPolicy>
  private let box = NIOLockedValueBox(DestinationHealth())

  package init(retry: RetryPolicy) { self.retry = NIOLockedValueBox(retry) }

  /// Waits by another policy from the next failure on.
  func use(_ retry: RetryPolicy) { self.retry.withLockedValue { $0 = retry } }

  package var current: DestinationHealth { box.withLockedValue { $0 } }

  package func failed(
    _ reason: String, trouble: DestinationHealth.Trouble, now: Timestamp, moment: MonotonicTime
  ) -> DestinationHealth.Change {
    let retry = retry.withLockedValue { $0 }
    let jitter = Double.random(in: 0...1)
    return box.withLockedValue {
      $0.failed(reason, trouble: trouble, retry: retry, jitter: jitter, now: now, moment: moment)
    }
  }

  package func restore(downSince: Timestamp, reason: String, moment: MonotonicTime) {
    box.withLockedValue { $0.restore(downSince: downSince, reason: reason, moment: moment) }
  }

  package func hurry(moment: MonotonicTime) { box.withLockedValue { $0.hurry(moment: moment) } }
  package func beginProbe() { box.withLockedValue { $0.beginProbe() } }
  package func associated() -> DestinationHealth.Change { box.withLockedValue { $0.associated() } }
  package func succeeded() -> DestinationHealth.Change { box.withLockedValue { $0.succeeded() } }
}
