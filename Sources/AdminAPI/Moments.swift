import EscrowCore
import Foundation

/// Moments and spans as filters name them.
enum Moments {
  /// A moment in RFC 3339.
  static func time(_ text: String?, _ name: String) throws(ProblemDetails) -> Timestamp? {
    guard let text else { return nil }
    let styles = [false, true].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
    guard let date = styles.lazy.compactMap({ try? $0.parse(text) }).first else {
      throw .badRequest("\(name): write a moment as 2026-11-27T18:30:00Z")
    }
    return Timestamp(microseconds: Int64((date.timeIntervalSince1970 * 1_000_000).rounded()))
  }

  /// The moment that lies a span such as `30s`, `10m`, `2h` or `7d` before `now`.
  static func ago(_ text: String?, _ name: String, now: Timestamp) throws(ProblemDetails) -> Timestamp? {
    guard let text else { return nil }
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
      (0...1_000_000).contains(count)
    else { throw .badRequest("\(name): write a time as 30s, 10m, 2h or 7d") }
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
