/// When something that waits for a time is due.
package enum Waiting {
  /// Longer than any wait of deliveries and webhooks.
  package static let longest = Duration.hours(48)

  /// What waits longer is looked at once more on its way.
  package static let farthest = Duration.hours(47)

  /// Longer than any wait of a destination's ask clock.
  package static func longest(asking policy: CommitmentPolicy) -> Duration {
    max(longest, (policy.askAgain.max() ?? .zero) * 2)
  }

  /// Whether the wait for `time` is over. A time further off than the longest wait was set before the clock was
  /// put back, and is due as well: a wrong clock must stop nothing for years.
  package static func isOver(_ time: Timestamp?, now: Timestamp, longest: Duration = longest) -> Bool {
    guard let time else { return true }
    return time <= now || time > now + longest
  }
}
