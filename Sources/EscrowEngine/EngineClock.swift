package import EscrowCore
import Dispatch

/// The clocks that the services read; tests hand in their own.
package struct EngineClock: Sendable {
  /// Wall-clock time, for the record.
  package var now: @Sendable () -> Timestamp
  /// Time that never jumps, for leases and waits.
  package var monotonic: @Sendable () -> MonotonicTime

  package init(
    now: @escaping @Sendable () -> Timestamp, monotonic: @escaping @Sendable () -> MonotonicTime
  ) {
    self.now = now
    self.monotonic = monotonic
  }

  /// The machine's clocks.
  package static let system = EngineClock(
    now: Timestamp.now,
    monotonic: { MonotonicTime(nanoseconds: Int64(DispatchTime.now().uptimeNanoseconds)) })
}
