package import EscrowCore
import NIOConcurrencyHelpers

/// Whether a destination can be sent to (a value; ``HealthBox`` shares it).
///
/// `up` goes to `down` when a connection or association fails, or the peer is out of resources; `down` goes to
/// `probing` when its wait is over; `probing` to `up` with any A-ASSOCIATE-AC, back to `down` without. The wait
/// grows from failure to failure and starts anew only after an instance was stored.
package struct DestinationHealth: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    case up
    case probing
    case down(until: Timestamp)
  }

  package private(set) var state = State.up
  /// Why it is down, with the peer's or the system's own words.
  package private(set) var reason: String?
  package private(set) var failures = 0
  /// Since when nothing could be stored; nil while all is well.
  package private(set) var downSince: Timestamp?

  package init() {}

  /// What a change of health is worth telling.
  package enum Change: Sendable, Equatable {
    case none
    case wentDown
    case cameUp
  }

  package mutating func failed(_ reason: String, retry: RetryPolicy, jitter: Double, now: Timestamp) -> Change {
    let change: Change = downSince == nil ? .wentDown : .none
    failures += 1
    self.reason = reason
    downSince = downSince ?? now
    state = .down(until: now + retry.wait(afterFailures: failures, jitter: jitter))
    return change
  }

  /// The wait is over: one association may try.
  package mutating func beginProbe() { state = .probing }

  /// The peer answered A-ASSOCIATE-AC.
  package mutating func associated() { state = .up }

  /// An instance was stored, or a C-ECHO succeeded.
  package mutating func succeeded() -> Change {
    let change: Change = downSince == nil ? .none : .cameUp
    self = DestinationHealth()
    return change
  }
}

/// A destination's health, shared by its tasks.
package final class HealthBox: Sendable {
  private let retry: RetryPolicy
  private let box = NIOLockedValueBox(DestinationHealth())

  package init(retry: RetryPolicy) { self.retry = retry }

  package var current: DestinationHealth { box.withLockedValue { $0 } }

  package func failed(_ reason: String, now: Timestamp) -> DestinationHealth.Change {
    let jitter = Double.random(in: 0...1)
    return box.withLockedValue { $0.failed(reason, retry: retry, jitter: jitter, now: now) }
  }

  package func beginProbe() { box.withLockedValue { $0.beginProbe() } }
  package func associated() { box.withLockedValue { $0.associated() } }
  package func succeeded() -> DestinationHealth.Change { box.withLockedValue { $0.succeeded() } }
}
