package import EscrowCore
import NIOConcurrencyHelpers

/// What operators stopped, as the ledger's alarms say: sending to some destinations, the intake.
package final class OperatorStops: Sendable {
  private struct State: Sendable {
    var destinations: [PeerName: Alarm] = [:]
    var intake: Alarm?
    /// Readings that were begun.
    var begun = 0
    /// The latest begun of the readings that are known.
    var known = 0

    mutating func take(_ alarms: [Alarm]) {
      (destinations, intake) = ([:], nil)
      for alarm in alarms {
        if AlarmKind.stopsSending.contains(alarm.kind) { destinations[PeerName(alarm.subject)] = alarm }
        if alarm.kind == .maintenance { intake = alarm }
      }
    }
  }

  private let state = NIOLockedValueBox(State())

  package init() {}

  /// Why nothing is sent to a destination: `destination.paused` or `destination.retired`; nil when it is.
  package subscript(destination: PeerName) -> Alarm? { state.withLockedValue { $0.destinations[destination] } }

  /// Why nothing is taken; nil when it is.
  package var intake: Alarm? { state.withLockedValue { $0.intake } }

  /// Reads what is on record, and knows it from now on. Of readings at the same time the one begun last counts: it has
  /// seen what led to the others.
  package func note(reading alarms: () async throws -> [Alarm]) async throws {
    let number = state.withLockedValue { state in
      state.begun += 1
      return state.begun
    }
    let found = try await alarms()
    state.withLockedValue { state in
      guard number > state.known else { return }
      state.known = number
      state.take(found)
    }
  }
}

extension OperatorStops {
  /// The answer to who wants to store while there is no intake.
  static let refusal = "in maintenance"

  /// The alarms that are stops.
  static let kinds = Set(AlarmKind.stopsSending + [.maintenance])
}
