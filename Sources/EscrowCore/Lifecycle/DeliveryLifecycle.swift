/// Where a delivery stands.
package enum DeliveryState: String, Sendable, Codable, CaseIterable {
  case queued
  case sending
  case sent
  case requested
  case delivered
  case failed
  case cancelled
  case waived
  case superseded

  /// Whether nothing happens to it any more by itself.
  package var isTerminal: Bool { DeliveryLifecycle.terminal.contains(self) }

  /// Whether it occupies its SOP Instance UID at its destination: a later delivery of the same UID waits.
  package var isInFlight: Bool { [.sending, .sent, .requested].contains(self) }
}

/// What can happen to a delivery.
package enum DeliveryEvent: String, Sendable, CaseIterable {
  case claimed
  /// Claimed in a batch but never offered to the peer; the attempt is taken back.
  case returned
  /// The peer answered success or warning and the route wants no more.
  case storedAndProven
  /// The peer answered success or warning; the route wants a stronger proof.
  case stored
  case attemptFailed
  case claimExpired
  case commitmentOpened
  case requestFailed
  case reportOverdue
  case proved
  case found
  case notFound
  case missingAfterQueries
  /// Delivered by a weaker proof than a later arrival's route wants: the stronger one is still to be had.
  case proofRaised
  case reportedFailedResend
  case reportedFailedAskAgain
  case reportedFailedPermanent
  case contradictedResend
  case contradictedAskAgain
  case gaveUp
  case cancelled
  case superseded
  case requeued
  /// Only what the API asked for: it is asked for once more.
  case repeated
  case waived
}

/// The life of a delivery as a table: the one place that says which event leads from which state to which.
package enum DeliveryLifecycle {
  package struct Transition: Sendable, Equatable {
    package let from: DeliveryState
    package let event: DeliveryEvent
    package let to: DeliveryState
  }

  package static let terminal: Set<DeliveryState> = [.delivered, .failed, .cancelled, .waived, .superseded]

  /// Every allowed step; what is not listed does not happen.
  package static let transitions: [Transition] = [
    rows([.queued], .claimed, .sending),
    rows([.sending], .returned, .queued),
    rows([.sending], .storedAndProven, .delivered),
    rows([.sending], .stored, .sent),
    rows([.sending], .attemptFailed, .queued),
    rows([.sending], .claimExpired, .queued),
    rows([.sent], .commitmentOpened, .requested),
    rows([.requested], .requestFailed, .sent),
    rows([.requested], .reportOverdue, .sent),
    rows([.queued, .sending, .sent, .requested, .failed], .proved, .delivered),
    rows([.sent], .found, .delivered),
    rows([.sent], .notFound, .sent),
    rows([.sent], .missingAfterQueries, .queued),
    rows([.delivered], .proofRaised, .sent),
    rows([.sent, .requested], .reportedFailedResend, .queued),
    rows([.sent, .requested], .reportedFailedAskAgain, .sent),
    rows([.sent, .requested], .reportedFailedPermanent, .failed),
    rows([.delivered], .contradictedResend, .queued),
    rows([.delivered], .contradictedAskAgain, .sent),
    rows([.queued, .sending, .sent, .requested], .gaveUp, .failed),
    rows([.queued, .sending, .sent, .requested, .failed], .cancelled, .cancelled),
    rows([.queued], .superseded, .superseded),
    rows([.failed, .cancelled], .requeued, .queued),
    rows([.delivered, .waived], .repeated, .queued),
    rows([.failed, .cancelled], .waived, .waived),
  ].flatMap { $0 }

  /// The state that `event` leads to from `state`, or nil when it does not happen there.
  package static func state(after event: DeliveryEvent, from state: DeliveryState) -> DeliveryState? {
    transitions.first { $0.from == state && $0.event == event }?.to
  }

  /// The states in which `event` may happen: the guard of the SQL that applies it.
  package static func sources(of event: DeliveryEvent) -> [DeliveryState] {
    transitions.filter { $0.event == event }.map(\.from)
  }

  /// The one state that `event` leads to.
  package static func target(of event: DeliveryEvent) -> DeliveryState {
    guard let row = transitions.first(where: { $0.event == event }) else {
      preconditionFailure("no transition for \(event)")
    }
    return row.to
  }

  private static func rows(_ from: [DeliveryState], _ event: DeliveryEvent, _ to: DeliveryState) -> [Transition] {
    from.map { Transition(from: $0, event: event, to: to) }
  }
}
