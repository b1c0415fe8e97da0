import EscrowCore
import EscrowEngine
import NIOConcurrencyHelpers

/// The machine's clocks, moved by the test.
struct MovableClock: Sendable {
  private let wall = NIOLockedValueBox(Duration.zero)
  private let both = NIOLockedValueBox(Duration.zero)

  /// Sets the wall clock, as a person or a time server does.
  func step(_ duration: Duration) { wall.withLockedValue { $0 += duration } }

  /// Lets time pass on both clocks.
  func pass(_ duration: Duration) { both.withLockedValue { $0 += duration } }

  var clock: EngineClock {
    EngineClock(
      now: { EngineClock.system.now() + wall.withLockedValue { $0 } + both.withLockedValue { $0 } },
      monotonic: { EngineClock.system.monotonic() + both.withLockedValue { $0 } })
  }
}
