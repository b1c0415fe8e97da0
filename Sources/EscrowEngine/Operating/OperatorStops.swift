package import EscrowCore
import NIOConcurrencyHelpers

/// What operators stopped, as the ledger's alarms say: sending to some destinations, the intake.
package final class OperatorStops: Sendable {
  private struct State: Sendable {
    var destinations: [PeerName: Alarm] = [:]
    var intake: Alarm?
  }

  private let state = NIOLockedValueBox(State())

  package init() {}

  /// Why nothing is sent to a destination: `destination.paused` or `destination.retired`; nil when it is.
  package subscript(destination: PeerName) -> Alarm? { state.withLockedValue { $0.destinations[destination] } }

  /// Why nothing is taken; nil when it is.
  package var intake: Alarm? { state.withLockedValue { $0.intake } }

  /// Knows what is on record from now on.
  func note(_ alarms: [Alarm]) {
    var new = State()
    for alarm in alarms {
      if AlarmKind.stopsSending.contains(alarm.kind) { new.destinations[PeerName(alarm.subject)] = alarm }
      if alarm.kind == .maintenance { new.intake = alarm }
    }
    state.withLockedValue { $0 = new }
  }
}

extension OperatorStops {
  /// The answer to who wants to store while there is no intake.
  static let refusal = "in maintenance"
}
