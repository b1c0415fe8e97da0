/// Keeps what passes to a rate: whoever takes more than there is waits until it would have come.
package struct TokenBucket: Sendable, Equatable {
  /// Bytes a second.
  package let rate: Int64
  /// What may pass at once after a pause.
  package static let burst = Duration.milliseconds(250)

  /// When everything that was taken will have come.
  private var paidUntil: MonotonicTime?

  package init(rate: Int64) { self.rate = rate }

  /// Takes `count` bytes; returns how long to wait before they pass.
  package mutating func take(_ count: Int, at moment: MonotonicTime) -> Duration {
    let earliest = MonotonicTime(nanoseconds: moment.nanoseconds - Self.burst.microseconds * 1000)
    let start = max(paidUntil ?? earliest, earliest)
    let cost = Double(count) / Double(rate) * 1_000_000_000
    paidUntil = MonotonicTime(nanoseconds: start.nanoseconds + Int64(cost))
    return max(.zero, start.since(moment))
  }
}
