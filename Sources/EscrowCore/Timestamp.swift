package import FoundationEssentials

/// A moment of wall-clock time: microseconds since 1970-01-01 00:00 UTC.
///
/// What is written to the ledger is wall-clock; timers and leases use ``MonotonicTime``.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
  package var microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }

  /// The system's clock, read now. Only the composition and services call this; everything else is given `now`.
  package static func now() -> Timestamp {
    Timestamp(microseconds: Int64((Date().timeIntervalSince1970 * 1_000_000).rounded()))
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

  package static func + (time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(microseconds: time.microseconds + duration.microseconds)
  }

  package static func - (time: Timestamp, duration: Duration) -> Timestamp {
    Timestamp(microseconds: time.microseconds - duration.microseconds)
  }

  /// The time from `earlier` to this.
  package func since(_ earlier: Timestamp) -> Duration { .microseconds(microseconds - earlier.microseconds) }

  package var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }

  /// RFC 3339 in UTC with milliseconds, e.g. `2026-11-23T08:15:30.125Z`.
  package var rfc3339: String { date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}

/// A moment on a clock that never jumps: nanoseconds since an arbitrary start, valid within one boot.
package struct MonotonicTime: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

  /// The time from `earlier` to this.
  package func since(_ earlier: MonotonicTime) -> Duration { .nanoseconds(nanoseconds - earlier.nanoseconds) }

  package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
    MonotonicTime(nanoseconds: time.nanoseconds + duration.microseconds * 1000)
  }
}

extension Duration {
  /// Whole microseconds, rounded towards zero.
  package var microseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }

  /// Seconds as a floating-point number, for display and metrics.
  package var inSeconds: Double { Double(microseconds) / 1_000_000 }

  package static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }
  package static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }
  package static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }
}
