import EscrowCore

/// When an endpoint is told again after a failed try.
enum RetrySchedule {
  /// The waits after the first tries; after those always ``later``.
  static let waits: [Duration] = [
    .seconds(5), .seconds(30), .minutes(2), .minutes(10), .minutes(30), .hours(2), .hours(5), .hours(10),
  ]
  static let later: Duration = .hours(12)
  /// Nothing is tried again later than this after its first try.
  static let end: Duration = .days(3)
  /// The longest `Retry-After` that is obeyed.
  static let longestRetryAfter: Duration = .hours(1)

  /// What becomes of a task whose try failed at `now`.
  /// - Parameters:
  ///   - retryAfter: the receiver's wish; it is waited for at least that long, up to an hour.
  ///   - random: 0 ..< 1, spreads the waits by 10 % to either side.
  static func next(
    after task: WebhookTask, retryAfter: Duration? = nil, now: Timestamp, random: Double
  ) -> WebhookTry.Next {
    let wait = (waits.dropFirst(task.tries).first ?? later) * (0.9 + 0.2 * random)
    let wish = min(retryAfter ?? .zero, longestRetryAfter)
    let at = now + max(wait, wish)
    return at.since(task.firstTryAt ?? now) > end ? .deadLetter : .again(at: at)
  }
}
