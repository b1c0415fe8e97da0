import EscrowCore
import NIOConcurrencyHelpers

/// Wakes the one task that waits; wake-ups while nobody waits are remembered as one.
package final class Signal: Sendable {
  private struct State {
    var pending = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = NIOLockedValueBox(State())

  package init() {}

  /// Wakes the waiter, or lets the next wait return at once.
  package func wake() {
    let waiter = state.withLockedValue { state in
      let waiter = state.waiter
      state.waiter = nil
      if waiter == nil { state.pending = true }
      return waiter
    }
    waiter?.resume()
  }

  /// Returns when woken or when the task is cancelled.
  package func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let runsOn = state.withLockedValue { state in
          if state.pending || Task.isCancelled {
            state.pending = false
            return true
          }
          state.waiter = continuation
          return false
        }
        if runsOn { continuation.resume() }
      }
    } onCancel: {
      release()
    }
  }

  /// Returns when woken, when the task is cancelled, or after `limit`; nil waits without a limit.
  package func wait(atMost limit: Duration?) async {
    guard let limit else { return await wait() }
    guard limit > .zero else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        try? await Task.sleep(for: limit)
        self.release()
      }
      group.addTask { await self.wait() }
      // Whichever ends first ends both: the sleeper releases the waiter, the waiter cancels the sleeper.
      await group.next()
      group.cancelAll()
    }
  }

  /// Lets a waiter go without remembering anything.
  private func release() {
    let waiter = state.withLockedValue { state in
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }
}
