import EscrowCore
import NIOConcurrencyHelpers

@testable import Webhooks

/// A clock that moves only when told, and says who sleeps until when.
final class ManualClock: Sendable {
  private struct State {
    var now = Timestamp(microseconds: 1_800_000_000_000_000)
    var lastID = 0
    var sleepers: [Int: (deadline: Timestamp, continuation: CheckedContinuation<Void, any Error>)] = [:]
  }

  private let state = NIOLockedValueBox(State())
  /// The moments that somebody has begun to sleep until, in order.
  let deadlines: AsyncStream<Timestamp>
  private let begun: AsyncStream<Timestamp>.Continuation

  init() { (deadlines, begun) = AsyncStream.makeStream(of: Timestamp.self) }

  var now: Timestamp { state.withLockedValue { $0.now } }

  /// No jitter: the middle of the range.
  var timing: DispatchTiming {
    DispatchTiming(now: { self.now }, sleep: { try await self.sleep(until: $0) }, random: { 0.5 })
  }

  /// Moves to `moment` unless it is past, and wakes whose deadline is reached.
  func advance(to moment: Timestamp) {
    let due = state.withLockedValue { state in
      state.now = max(state.now, moment)
      let due = state.sleepers.filter { $0.value.deadline <= state.now }
      for id in due.keys { state.sleepers[id] = nil }
      return due.values.map(\.continuation)
    }
    for continuation in due { continuation.resume() }
  }

  /// Waits until somebody sleeps until `moment`.
  func sleeper(until moment: Timestamp) async {
    for await deadline in deadlines where deadline == moment { return }
  }

  private func sleep(until deadline: Timestamp) async throws {
    let id = state.withLockedValue { state in
      state.lastID += 1
      return state.lastID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let isPast = state.withLockedValue { state in
          guard deadline > state.now else { return true }
          state.sleepers[id] = (deadline, continuation)
          return false
        }
        if isPast { return continuation.resume() }
        begun.yield(deadline)
        if Task.isCancelled { cancel(id) }
      }
    } onCancel: {
      cancel(id)
    }
  }

  private func cancel(_ id: Int) {
    state.withLockedValue { $0.sleepers.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
  }
}
