/// Where a job stands, as the reference system names it.
package enum JobState: String, Sendable, Codable, CaseIterable {
  case pending = "Pending"
  case running = "Running"
  case success = "Success"
  case failure = "Failure"
  case paused = "Paused"
  /// It tried in vain and will again by itself.
  case retry = "Retry"

  /// Whether nothing happens to it any more by itself.
  package var hasEnded: Bool { self == .success || self == .failure }
  /// Whether it is worked on.
  package var isActive: Bool { [.pending, .running, .retry].contains(self) }
}

/// What can happen to a job.
package enum JobEvent: String, Sendable, CaseIterable {
  case started
  /// A try was in vain; there will be another.
  case postponed
  case succeeded
  case failed
  case paused
  case resumed
  case cancelled
  /// After it failed: by an operator, or because the peer asked the same once more.
  case resubmitted
  /// After it succeeded: the peer asked the same once more, so it did not get the answer.
  case repeated
}

/// The life of a job as a table.
package enum JobLifecycle {
  package struct Transition: Sendable, Equatable {
    package let from: JobState
    package let event: JobEvent
    package let to: JobState
  }

  package static let transitions: [Transition] = [
    rows([.pending, .running, .retry], .started, .running),
    rows([.pending, .running, .retry], .postponed, .retry),
    rows([.pending, .running, .retry], .succeeded, .success),
    rows([.pending, .running, .retry], .failed, .failure),
    rows([.pending, .running, .retry], .paused, .paused),
    rows([.paused], .resumed, .pending),
    rows([.pending, .running, .retry, .paused], .cancelled, .failure),
    rows([.failure], .resubmitted, .pending),
    rows([.success], .repeated, .pending),
  ].flatMap { $0 }

  /// The state that `event` leads to from `state`, or nil when it does not happen there.
  package static func state(after event: JobEvent, from state: JobState) -> JobState? {
    transitions.first { $0.from == state && $0.event == event }?.to
  }

  private static func rows(_ from: [JobState], _ event: JobEvent, _ to: JobState) -> [Transition] {
    from.map { Transition(from: $0, event: event, to: to) }
  }
}

/// What an operator, or a script, can do to a job.
package enum JobVerb: String, Sendable, CaseIterable {
  case pause
  case resume
  case cancel
  case resubmit
}

extension Job {
  /// Moves along the table; false when `event` does not happen in its state.
  @discardableResult
  package mutating func move(_ event: JobEvent, now: Timestamp) -> Bool {
    guard let next = JobLifecycle.state(after: event, from: state) else { return false }
    state = next
    changedAt = now
    completedAt = next.hasEnded ? now : nil
    switch event {
    case .resubmitted, .repeated, .resumed:
      nextAt = now
      failure = nil
      tries = event == .resumed ? tries : 0
      troubledSince = nil
    case .succeeded:
      nextAt = nil
      failure = nil
      troubledSince = nil
    case .failed, .paused: nextAt = nil
    case .cancelled:
      nextAt = nil
      troubledSince = nil
    case .started, .postponed: break
    }
    return true
  }

  /// Does what is wished; false when it cannot be done in its state.
  ///
  /// To pause or cancel what has ended does nothing and is no error.
  package mutating func apply(_ verb: JobVerb, now: Timestamp) -> Bool {
    switch verb {
    case .pause:
      move(.paused, now: now)
      return true
    case .resume: return move(.resumed, now: now)
    case .cancel:
      if move(.cancelled, now: now) { failure = JobFailure(.canceled, "cancelled by an operator") }
      return true
    case .resubmit: return move(.resubmitted, now: now)
    }
  }
}
