import DICOM
import EscrowCore

/// The body of `POST /api/v1/deliveries/{verb}`: which deliveries, how many are expected, and why.
package struct BulkRequestBody: Codable, Sendable {
  package var filter: Filter
  /// Refused with 409 when another number matches.
  package var expect: Int?
  package var dryRun: Bool?
  package var reason: String?

  /// All that is set must hold; at least one must be set. Lists mean any of.
  package struct Filter: Codable, Sendable {
    package var id: [Int64]?
    package var state: [String]?
    package var to: [String]?
    package var sopInstanceUID: String?
    package var studyInstanceUID: String?

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

    /// The ledger's filter; throws for a state that does not exist and for an empty filter.
    func domain() throws(ProblemDetails) -> DeliveryFilter {
      var filter = DeliveryFilter(
        ids: id.map { Set($0.map(DeliveryID.init(rawValue:))) }, destinations: to.map { Set($0.map { PeerName($0) }) },
        sopInstanceUID: sopInstanceUID.map { UID($0) }, studyInstanceUID: studyInstanceUID.map { UID($0) })
      if let state { filter.states = try parsed(state, as: DeliveryState.self, parameter: "state") }
      guard filter != DeliveryFilter() else {
        throw .badRequest("the filter is empty: name at least one of id, state, to, sopInstanceUID, studyInstanceUID")
      }
      return filter
    }
  }

  static let keys: Set = [
    "filter", "filter.id", "filter.state", "filter.to", "filter.sopInstanceUID", "filter.studyInstanceUID", "expect",
    "dryRun", "reason",
  ]

  package init(filter: Filter, expect: Int? = nil, dryRun: Bool? = nil, reason: String? = nil) {
    self.filter = filter
    self.expect = expect
    self.dryRun = dryRun
    self.reason = reason
  }
}

/// What a bulk change did.
package struct BulkResultBody: Codable, Sendable {
  package var matched: Int
  package var changed: Int
  package var skipped: [Skipped]

  package struct Skipped: Codable, Sendable {
    package var id: Int64
    package var reason: String
  }

  init(_ result: BulkResult) {
    matched = result.matched
    changed = result.changed
    skipped = result.skipped.map { Skipped(id: $0.id.rawValue, reason: $0.reason) }
  }
}
