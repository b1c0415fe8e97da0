import EscrowCore

/// How an endpoint has answered lately, and what that allows.
struct EndpointHealth: Equatable {
  /// Failures in a row after which the endpoint is only probed: one request at a time, with pauses.
  static let patience = 10
  static let probePause: Duration = .seconds(10)

  private(set) var failuresInRow = 0
  /// Nothing is sent before this.
  private(set) var notBefore: Timestamp?

  var isBroken: Bool { failuresInRow >= Self.patience }

  /// How many requests may run at once.
  var limit: Int { isBroken ? 1 : 4 }

  mutating func succeeded() {
    self = EndpointHealth()
  }

  /// - Parameter retryAfter: what a receiver that is too busy (429, 503) asks for; it speaks for all requests.
  mutating func failed(at now: Timestamp, retryAfter: Duration? = nil) {
    failuresInRow += 1
    let wish = min(retryAfter ?? .zero, RetrySchedule.longestRetryAfter)
    let pause = max(isBroken ? Self.probePause : .zero, wish)
    if pause > .zero { notBefore = max(notBefore ?? now, now + pause) }
  }
}
