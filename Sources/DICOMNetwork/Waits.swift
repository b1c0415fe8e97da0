import NIOCore

/// When each wait of one association is over. Pure; the handler arms one task for the earliest.
struct Waits {
  /// What may take too long.
  enum Wait: Int, CaseIterable {
    /// For a complete A-ASSOCIATE-RQ, or for the peer's close after our last PDU.
    case artim
    /// For A-ASSOCIATE-AC or -RJ.
    case answer
    /// For the next bytes of an open message.
    case message
    /// For enough bytes of an open message.
    case rate
    /// For any message.
    case idle
    /// For the response to our request.
    case response
    /// For bytes to leave.
    case write
    /// For A-RELEASE-RP.
    case release
  }

  private var due = [NIODeadline](repeating: .distantFuture, count: Wait.allCases.count)

  /// The first wait to be over; `distantFuture` when there is none.
  private(set) var earliest = NIODeadline.distantFuture

  subscript(wait: Wait) -> NIODeadline {
    get { due[wait.rawValue] }
    set {
      due[wait.rawValue] = newValue
      earliest = due.reduce(.distantFuture, min)
    }
  }

  func isRunning(_ wait: Wait) -> Bool { self[wait] != .distantFuture }

  mutating func stop(_ wait: Wait) {
    guard isRunning(wait) else { return }
    self[wait] = .distantFuture
  }

  mutating func stopAll() { self = Waits() }

  /// Takes out one that is over.
  mutating func takeExpired(at now: NIODeadline) -> Wait? {
    guard earliest <= now, let wait = Wait.allCases.first(where: { self[$0] <= now }) else { return nil }
    stop(wait)
    return wait
  }
}
