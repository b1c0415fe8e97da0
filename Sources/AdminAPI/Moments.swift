import EscrowCore
import Foundation

/// Moments and spans as filters name them.
enum Moments {
  /// A moment in RFC 3339.
  static func time(_ text: String?, _ name: String) throws(ProblemDetails) -> Timestamp? {
    guard let text else { return nil }
    guard let moment = Self.moment(text) else { throw .badRequest("\(name): write a moment as 2026-11-27T18:30:00Z") }
    return moment
  }

  /// The moment that lies a span such as `30s`, `10m`, `2h` or `7d` before `now`.
  static func ago(_ text: String?, _ name: String, now: Timestamp) throws(ProblemDetails) -> Timestamp? {
    guard let text else { return nil }
    guard let moment = Self.moment(before: now, by: text) else {
      throw .badRequest("\(name): write a time as 30s, 10m, 2h or 7d")
    }
    return moment
  }

  /// The moment that a text in RFC 3339 names; nil for any other text.
  static func moment(_ text: String) -> Timestamp? {
    let styles = [false, true].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
    let date = styles.lazy.compactMap { try? $0.parse(text) }.first
    return date.map { Timestamp(microseconds: Int64(($0.timeIntervalSince1970 * 1_000_000).rounded())) }
  }

  /// The moment that lies `span` before another; nil when it is no span such as `7d`.
  static func moment(before now: Timestamp, by span: String) -> Timestamp? {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let unit = span.last.flatMap({ units[$0] }), let count = Int64(span.dropLast()),
      (0...1_000_000).contains(count)
    else { return nil }
    return Timestamp(microseconds: now.microseconds - count * unit * 1_000_000)
  }
}

extension DeliveryFilterBody {
  /// As a query's parameters give it.
  init(_ query: [String: String], ids: [Int64]?) throws(ProblemDetails) {
    self.init(
      id: ids, state: query.list("state"), to: query.list("to"), sopInstanceUID: query["sopInstanceUID"],
      studyInstanceUID: query["studyInstanceUID"])
    patientID = query["patientID"]
    callingAE = query.list("callingAE")
    peer = query.list("peer")
    route = query.list("route")
    proof = query.list("proof")
    if let text = query["held"] {
      guard let isHeld = Bool(text) else { throw .badRequest("held must be true or false") }
      held = isHeld
    }
    reason = query["reason"]
    lastError = query["lastError"]
    dueBefore = query["dueBefore"]
    dueAfter = query["dueAfter"]
    olderThan = query["olderThan"]
    youngerThan = query["youngerThan"]
  }
}

extension InstanceFilterBody {
  /// As a query's parameters give it.
  init(_ query: [String: String]) {
    self.init(
      id: query.list("id"), state: query.list("state"), sopInstanceUID: query["sopInstanceUID"],
      studyInstanceUID: query["studyInstanceUID"])
    patientID = query["patientID"]
    callingAE = query.list("callingAE")
    peer = query.list("peer")
    reason = query["reason"]
    olderThan = query["olderThan"]
    youngerThan = query["youngerThan"]
  }
}
