package import EscrowCore

/// The clock and the chance that the dispatcher lives by.
package struct DispatchTiming: Sendable {
  package var now: @Sendable () -> Timestamp
  /// Sleeps until a moment, not at all if it is past. Throws when the task is cancelled.
  package var sleep: @Sendable (_ until: Timestamp) async throws -> Void
  /// 0 ..< 1
  package var random: @Sendable () -> Double

  package init(
    now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (_ until: Timestamp) async throws -> Void,
    random: @escaping @Sendable () -> Double
  ) {
    self.now = now
    self.sleep = sleep
    self.random = random
  }

  package static let system = DispatchTiming(
    now: Timestamp.now, sleep: { try await Task.sleep(for: max($0.since(.now()), .zero)) },
    random: { Double.random(in: 0..<1) })
}
