package import DICOM
package import DICOMNetwork
package import EscrowCore
import Logging
import NIOConcurrencyHelpers

/// Rejected associations and refused reports on their way to the record: the first of each address in a minute, and only so many, so that
/// a flood fills neither disk nor log and costs nobody a wait.
package final class RejectionLog: Sendable {
  /// One that goes on record.
  package struct Rejection: Sendable, Equatable {
    package var kind: EventKind
    package var text: String
    package var caller: String
    /// What a refused report spoke of, as far as it said.
    package var transactionUID: UID?
  }

  private struct Minute {
    var start: MonotonicTime?
    var callers: Set<String> = []
    var suppressed = 0
  }

  private struct State {
    var minute = Minute()
    var waiting: [Rejection] = []

    /// Begins the next minute; what was left out of the last one is told as a number.
    mutating func begin(at now: MonotonicTime) {
      if minute.suppressed > 0 {
        let text = "\(minute.suppressed) more rejections within a minute"
        waiting.append(Rejection(kind: .associationRejected, text: text, caller: "system"))
      }
      minute = Minute(start: now)
    }
  }

  /// Addresses that are told of in a minute.
  package static let limit = 60
  private let state = NIOLockedValueBox(State())

  package init() {}

  package func note(
    _ text: String, kind: EventKind = .associationRejected, transactionUID: UID? = nil, callingAE: AETitle,
    remote: RemoteEndpoint, at now: MonotonicTime
  ) {
    let rejection = Rejection(
      kind: kind, text: text, caller: "\(callingAE.rawValue.escaped)@\(remote.address)",
      transactionUID: transactionUID)
    state.withLockedValue { state in
      if state.minute.start.map({ now >= $0 + .seconds(60) }) ?? true { state.begin(at: now) }
      let caller = "\(kind.rawValue) \(remote.address)"
      guard state.minute.callers.count < Self.limit, state.minute.callers.insert(caller).inserted else {
        state.minute.suppressed += 1
        return
      }
      state.waiting.append(rejection)
    }
  }

  /// What is to go on record now.
  package func take() -> [Rejection] {
    state.withLockedValue { state in
      defer { state.waiting = [] }
      return state.waiting
    }
  }

  /// Writes down what waits; what the ledger does not take waits on, as far as a minute's worth.
  func record(in context: EngineContext) async throws {
    var rest = take()[...]
    defer { putBack(rest) }
    while let rejection = rest.first {
      try await context.ledger.tell(
        EscrowEvent(
          rejection.kind, at: context.clock.now(), transactionUID: rejection.transactionUID, reason: rejection.text,
          actor: rejection.caller))
      rest = rest.dropFirst()
      context.logger.warning("\(rejection.kind.rawValue): \(rejection.text)", metadata: ["peer": "\(rejection.caller)"])
      context.webhooks()
    }
  }

  private func putBack(_ rest: ArraySlice<Rejection>) {
    state.withLockedValue { $0.waiting = Array((rest + $0.waiting).prefix(Self.limit + 1)) }
  }
}
