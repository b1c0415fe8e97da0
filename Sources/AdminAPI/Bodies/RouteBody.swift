import EscrowCore

/// A route, as `GET /api/v1/routes` lists it.
package struct RouteBody: Codable, Sendable {
  package var name: String
  /// Takes what no other route takes; then `match` is empty.
  package var otherwise: Bool
  /// The conditions, each with its patterns as they were written.
  package var match: [String: [String]]
  package var send: [SendBody]
  /// Why what it takes is held.
  @OrNull package var hold: String?
  /// Seconds after the last delivery ended; null is never.
  @OrNull package var purgeAfterSeconds: Double?
  package var acceptDiscarded: Bool

  package struct SendBody: Codable, Sendable {
    /// Of several, each study goes to one.
    package var to: [String]
    package var proof: String
    package var priority: String
    /// Who gets it when the destination is down.
    @OrNull package var orElse: String?
    /// When it is sent; null is at any time.
    @OrNull package var window: String?
    /// Bytes a second; null is without a limit.
    @OrNull package var maxRate: Int64?
    /// The keywords of the attributes that are edited on the way.
    package var edits: [String]
  }

  init(_ route: Route) {
    name = route.name
    otherwise = route.match == .otherwise
    match = Dictionary(
      route.conditions.map { ($0.name, ($0.positives + $0.negations).map(\.text)) }, uniquingKeysWith: +)
    send = route.sends.map {
      SendBody(
        to: $0.destinations.map(\.rawValue), proof: $0.proof.rawValue, priority: "\($0.priority)",
        orElse: $0.terms.alternative?.destination.rawValue, window: $0.terms.timetable?.description,
        maxRate: $0.terms.maxRate, edits: $0.terms.edits.map(\.keyword))
    }
    hold = route.hold
    purgeAfterSeconds = if case .after(let wait) = route.retention { wait.inSeconds } else { nil }
    acceptDiscarded = route.acceptDiscarded
  }
}
