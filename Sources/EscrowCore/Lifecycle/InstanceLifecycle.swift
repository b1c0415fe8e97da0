/// Where an instance stands.
package enum InstanceState: String, Sendable, Codable, CaseIterable {
  case held
  case inTransit
  case settled
  case damaged
  case purging
  case purged
  case discarded

  /// Whether its spool file should be there.
  package var hasFile: Bool { [.held, .inTransit, .settled].contains(self) }

  /// Whether its copy is kept, whole or damaged, and nobody has decided that it goes.
  package var isKept: Bool { hasFile || self == .damaged }
}

/// What can happen to an instance after it was admitted (as `held` or `inTransit`).
package enum InstanceEvent: String, Sendable, CaseIterable {
  /// An operator rerouted it, or a new arrival added deliveries.
  case deliveriesAdded
  case lastDeliveryEnded
  /// A delivery was requeued or contradicted.
  case deliveryReopened
  case damaged
  /// The same bytes came again; deliveries that failed as damaged are open again.
  case replacedOpen
  /// The same bytes came again; nothing is open.
  case replacedSettled
  /// The same bytes came again; no route has taken the instance yet.
  case replacedHeld
  /// Damaged, but the last route delivery became delivered or waived.
  case provenWithoutFile
  case purgeGuardHeld
  /// No route sent it anywhere, and a report of the API's own transaction says that it is safe elsewhere.
  case removedOnProof
  case discardDecided
  case filePurged
  case fileDiscarded
}

/// The life of an instance as a table.
package enum InstanceLifecycle {
  package struct Transition: Sendable, Equatable {
    package let from: InstanceState
    package let event: InstanceEvent
    package let to: InstanceState
  }

  package static let transitions: [Transition] = [
    rows([.held, .settled, .inTransit], .deliveriesAdded, .inTransit),
    rows([.inTransit], .lastDeliveryEnded, .settled),
    rows([.settled], .deliveryReopened, .inTransit),
    rows([.held, .inTransit, .settled], .damaged, .damaged),
    rows([.damaged], .replacedOpen, .inTransit),
    rows([.damaged], .replacedSettled, .settled),
    rows([.damaged], .replacedHeld, .held),
    rows([.damaged], .provenWithoutFile, .settled),
    rows([.settled], .purgeGuardHeld, .purging),
    rows([.held], .removedOnProof, .purging),
    rows([.held, .settled, .damaged], .discardDecided, .purging),
    rows([.purging], .filePurged, .purged),
    rows([.purging], .fileDiscarded, .discarded),
  ].flatMap { $0 }

  /// The state that `event` leads to from `state`, or nil when it does not happen there.
  package static func state(after event: InstanceEvent, from state: InstanceState) -> InstanceState? {
    transitions.first { $0.from == state && $0.event == event }?.to
  }

  /// The states in which `event` may happen: the guard of the SQL that applies it.
  package static func sources(of event: InstanceEvent) -> [InstanceState] {
    transitions.filter { $0.event == event }.map(\.from)
  }

  /// The one state that `event` leads to.
  package static func target(of event: InstanceEvent) -> InstanceState {
    guard let row = transitions.first(where: { $0.event == event }) else {
      preconditionFailure("no transition for \(event)")
    }
    return row.to
  }

  private static func rows(_ from: [InstanceState], _ event: InstanceEvent, _ to: InstanceState) -> [Transition] {
    from.map { Transition(from: $0, event: event, to: to) }
  }
}
