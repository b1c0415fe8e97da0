import NIOConcurrencyHelpers

/// Wakes one waiting task. Rings while nobody waits are kept as one.
final class Bell: Sendable {
  private enum State {
    case silent
    case rung
    case awaited(CheckedContinuation<Void, Never>)
  }

  private let state = NIOLockedValueBox(State.silent)

  func ring() {
    let waiting: CheckedContinuation<Void, Never>? = state.withLockedValue { state in
      if case .awaited(let continuation) = state {
        state = .silent
        return continuation
      }
      state = .rung
      return nil
    }
    waiting?.resume()
  }

  /// Returns at the next ring, or when the task is cancelled. One task may wait at a time.
  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let hasRung = state.withLockedValue { state in
          if case .rung = state {
            state = .silent
            return true
          }
          state = .awaited(continuation)
          return false
        }
        if hasRung { continuation.resume() } else if Task.isCancelled { ring() }
      }
    } onCancel: {
      ring()
    }
  }
}
