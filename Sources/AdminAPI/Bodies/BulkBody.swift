import DICOM
import EscrowCore

/// The body of a bulk change: which rows, how many are expected, and why.
package struct BulkRequestBody<Filter: FilterBody>: Codable, Sendable {
  package var filter: Filter
  /// Refused with 409 when another number matches.
  package var expect: Int?
  package var dryRun: Bool?
  package var reason: String?

  static var keys: Set<String> {
    Set(["filter", "expect", "dryRun", "reason"] + Filter.keys.map { "filter.\($0)" })
  }

  package init(filter: Filter, expect: Int? = nil, dryRun: Bool? = nil, reason: String? = nil) {
    self.filter = filter
    self.expect = expect
    self.dryRun = dryRun
    self.reason = reason
  }

  /// The order, with the reason on record; throws when there must be one and is none.
  func order(actor: String, needsReason: Bool) throws(ProblemDetails) -> BulkOrder {
    let reason = try ResumeBody.checked(reason)
    if needsReason, reason == nil { throw .reasonNeeded }
    return BulkOrder(actor: actor, reason: reason, expect: expect, dryRun: dryRun ?? false)
  }
}

/// A filter as bulk changes take it: all that is set must hold, at least one must be set, lists mean any of.
package protocol FilterBody: Codable, Sendable {
  static var keys: [String] { get }
}

/// Which deliveries.
package struct DeliveryFilterBody: FilterBody {
  package var id: [Int64]?
  package var state: [String]?
  package var to: [String]?
  package var sopInstanceUID: String?
  package var studyInstanceUID: String?
  package var patientID: String?
  /// Of the senders.
  package var callingAE: [String]?
  /// The senders, as configured.
  package var peer: [String]?
  package var route: [String]?
  package var proof: [String]?
  package var held: Bool?
  /// A part of the reason, or of that of the hold, as it is on record.
  package var reason: String?
  /// A part of the last error.
  package var lastError: String?
  /// Waits for nothing after this moment (RFC 3339).
  package var dueBefore: String?
  /// Waits for this moment or a later one.
  package var dueAfter: String?
  /// Received at least so long ago, e.g. `2h`.
  package var olderThan: String?
  /// Received less than so long ago.
  package var youngerThan: String?

  package static let keys = [
    "id", "state", "to", "sopInstanceUID", "studyInstanceUID", "patientID", "callingAE", "peer", "route", "proof",
    "held",
    "reason", "lastError", "dueBefore", "dueAfter", "olderThan", "youngerThan",
  ]

  package init(
    id: [Int64]? = nil, state: [String]? = nil, to: [String]? = nil, sopInstanceUID: String? = nil,
    studyInstanceUID: String? = nil
  ) {
    self.id = id
    self.state = state
    self.to = to
    self.sopInstanceUID = sopInstanceUID
    self.studyInstanceUID = studyInstanceUID
  }

  /// The ledger's filter; throws for what does not exist or cannot be read, and for an empty filter.
  func domain(now: Timestamp) throws(ProblemDetails) -> DeliveryFilter {
    let filter = try anyDomain(now: now)
    guard filter != DeliveryFilter() else { throw .emptyFilter(Self.keys) }
    return filter
  }

  /// As ``domain(now:)``, also without any condition.
  func anyDomain(now: Timestamp) throws(ProblemDetails) -> DeliveryFilter {
    var filter = DeliveryFilter(
      ids: id.map { Set($0.map(DeliveryID.init(rawValue:))) }, destinations: to.map { Set($0.map { PeerName($0) }) },
      sopInstanceUID: sopInstanceUID.map { UID($0) }, studyInstanceUID: studyInstanceUID.map { UID($0) })
    if let state { filter.states = try parsed(state, as: DeliveryState.self, parameter: "state") }
    if let proof { filter.proofs = try parsed(proof, as: Proof.self, parameter: "proof") }
    filter.patientID = patientID
    filter.callingAEs = callingAE.map { Set($0.map { AETitle($0) }) }
    filter.peers = peer.map { Set($0.map { PeerName($0) }) }
    filter.routes = route.map { Set($0) }
    filter.isHeld = held
    filter.reason = reason
    filter.lastError = lastError
    filter.dueBefore = try Moments.time(dueBefore, "dueBefore")
    filter.dueAfter = try Moments.time(dueAfter, "dueAfter")
    filter.receivedBefore = try Moments.ago(olderThan, "olderThan", now: now)
    filter.receivedAfter = try Moments.ago(youngerThan, "youngerThan", now: now)
    return filter
  }
}

/// Which instances.
package struct InstanceFilterBody: FilterBody {
  package var id: [String]?
  package var state: [String]?
  package var sopInstanceUID: String?
  package var studyInstanceUID: String?
  package var patientID: String?
  /// Of the senders.
  package var callingAE: [String]?
  /// The senders, as configured.
  package var peer: [String]?
  /// A part of the reason, as it is on record.
  package var reason: String?
  /// Received at least so long ago, e.g. `2h`.
  package var olderThan: String?
  /// Received less than so long ago.
  package var youngerThan: String?

  package static let keys = [
    "id", "state", "sopInstanceUID", "studyInstanceUID", "patientID", "callingAE", "peer", "reason", "olderThan",
    "youngerThan",
  ]

  package init(
    id: [String]? = nil, state: [String]? = nil, sopInstanceUID: String? = nil, studyInstanceUID: String? = nil
  ) {
    self.id = id
    self.state = state
    self.sopInstanceUID = sopInstanceUID
    self.studyInstanceUID = studyInstanceUID
  }

  /// The ledger's filter; throws for a state that does not exist and for an empty filter.
  func domain(now: Timestamp) throws(ProblemDetails) -> InstanceFilter {
    let filter = try anyDomain(now: now)
    guard filter != InstanceFilter() else { throw .emptyFilter(Self.keys) }
    return filter
  }

  /// As ``domain(now:)``, also without any condition.
  func anyDomain(now: Timestamp) throws(ProblemDetails) -> InstanceFilter {
    var filter = InstanceFilter(
      ids: id.map { Set($0.map(InstanceID.init(rawValue:))) }, sopInstanceUID: sopInstanceUID.map { UID($0) },
      studyInstanceUID: studyInstanceUID.map { UID($0) })
    if let state { filter.states = try parsed(state, as: InstanceState.self, parameter: "state") }
    filter.patientID = patientID
    filter.callingAEs = callingAE.map { Set($0.map { AETitle($0) }) }
    filter.peers = peer.map { Set($0.map { PeerName($0) }) }
    filter.reason = reason
    filter.receivedBefore = try Moments.ago(olderThan, "olderThan", now: now)
    filter.receivedAfter = try Moments.ago(youngerThan, "youngerThan", now: now)
    return filter
  }
}

extension ProblemDetails {
  fileprivate static func emptyFilter(_ keys: [String]) -> ProblemDetails {
    badRequest("the filter is empty: name at least one of \(keys.joined(separator: ", "))")
  }
}

/// What a bulk change did, or with `dryRun` would do.
package struct BulkResultBody: Codable, Sendable {
  package var matched: Int
  package var changed: Int
  /// The first thousand that were not changed.
  package var skipped: [Skipped]

  package struct Skipped: Codable, Sendable {
    package var id: RowName
    package var reason: String
  }

  init(_ result: BulkResult<DeliveryID>) {
    matched = result.matched
    changed = result.changed
    skipped = result.skipped.map { Skipped(id: .number($0.id.rawValue), reason: $0.reason) }
  }

  init(_ result: BulkResult<InstanceID>) {
    matched = result.matched
    changed = result.changed
    skipped = result.skipped.map { Skipped(id: .text($0.id.rawValue), reason: $0.reason) }
  }
}

/// How a row is named: deliveries by numbers, instances by our own ids.
package enum RowName: Codable, Sendable, CustomStringConvertible {
  case number(Int64)
  case text(String)

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int64.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }

  package var description: String {
    switch self {
    case .number(let number): String(number)
    case .text(let text): text
    }
  }
}

/// The body of `POST /api/v1/purging/resume`.
package struct ResumeBody: Codable, Sendable {
  package var dryRun: Bool?
  package var reason: String?

  static let keys: Set = ["dryRun", "reason"]

  package init(dryRun: Bool? = nil, reason: String? = nil) {
    self.dryRun = dryRun
    self.reason = reason
  }

  /// A reason as the record takes it: a text of at most 1,000 characters; nil for none.
  static func checked(_ reason: String?) throws(ProblemDetails) -> String? {
    guard let reason, !reason.allSatisfy(\.isWhitespace) else { return nil }
    guard reason.count <= 1000 else { throw .badRequest("reason: at most 1000 characters") }
    return reason
  }
}

/// The answer to `POST /api/v1/purging/resume`.
package struct ResumedBody: Codable, Sendable {
  /// Whether purging was stopped.
  package var resumed: Bool
}
