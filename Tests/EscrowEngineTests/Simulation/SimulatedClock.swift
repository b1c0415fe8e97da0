import EscrowCore
import EscrowEngine
import NIOConcurrencyHelpers

/// The clocks of a simulated machine: time itself goes forward only, the wall clock is put where the seed wants it.
final class SimulatedClock: Sendable {
  private struct State {
    var elapsed = Duration.zero
    var wall = Timestamp(microseconds: 1_800_000_000_000_000)
    var boot = Duration.zero
  }

  private let state = NIOLockedValueBox(State())

  /// How much time has passed, whatever the clocks say.
  var elapsed: Duration { state.withLockedValue { $0.elapsed } }

  /// What the wall clock says.
  var now: Timestamp { state.withLockedValue { $0.wall } }

  /// Time since the machine was started.
  var monotonic: MonotonicTime {
    state.withLockedValue { MonotonicTime(nanoseconds: ($0.elapsed - $0.boot).microseconds * 1000) }
  }

  /// Time passes.
  func advance(by duration: Duration) {
    state.withLockedValue { state in
      state.elapsed += duration
      state.wall = state.wall + duration
    }
  }

  /// Somebody puts the wall clock forward or back.
  func jump(by duration: Duration) { state.withLockedValue { $0.wall = $0.wall + duration } }

  /// The machine starts anew.
  func reboot() { state.withLockedValue { $0.boot = $0.elapsed } }

  /// As the engine reads it.
  var engineClock: EngineClock { EngineClock(now: { self.now }, monotonic: { self.monotonic }) }
}
