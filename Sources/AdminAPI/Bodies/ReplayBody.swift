import DICOM
import EscrowCore
import EscrowEngine

/// The body of `POST /api/v1/routes/replay`.
package struct ReplayRequestBody: Codable, Sendable {
  /// RFC 3339, or a span back from now such as `7d`: instances that were received then or later.
  package var since: String?
  /// `next` of the answer before; then `since` does not count.
  package var cursor: String?
  /// At most so many instances are looked at for one answer: 1 to 1000.
  package var limit: Int?

  static let keys: Set = ["since", "cursor", "limit"]

  package init(since: String? = nil, cursor: String? = nil, limit: Int? = nil) {
    self.since = since
    self.cursor = cursor
    self.limit = limit
  }
}

/// The answer to `POST /api/v1/routes/replay`, for one page of instances in the order of their receipt.
package struct ReplayBody: Codable, Sendable {
  /// How many were looked at.
  package var instances: Int
  /// How many would go just where they went, or be held as they were.
  package var unchanged: Int
  /// How many would go elsewhere or be held, or would no longer be.
  package var changed: Int
  /// Of the changed, how many would be held that were not.
  package var newlyHeld: Int
  /// Of how many it cannot be told: their copies are gone, and the record does not say what a condition asks for.
  package var untold: Int
  /// How many were sent by hand, without asking any route.
  package var byHand: Int
  /// In the order of their names.
  package var routes: [Route]
  /// All that are changed or cannot be told.
  package var differences: [Difference]
  /// The next page's `cursor`; null after the last.
  @OrNull package var next: String?

  /// How many instances one route took, would take, and may or may not take.
  package struct Route: Codable, Sendable {
    package var name: String
    package var took: Int
    package var wouldTake: Int
    package var untold: Int
  }

  /// An instance that the routes would treat differently, or of which that cannot be told.
  package struct Difference: Codable, Sendable {
    package var instance: String
    package var sopInstanceUID: String
    @OrNull package var studyInstanceUID: String?
    package var callingAE: String
    package var sourceAddress: String
    package var receivedAt: String
    /// Empty: it was held.
    package var went: [Target]
    /// Empty: it would be held, for the reason of `wouldBeHeld`, or it cannot be told.
    package var wouldGo: [Target]
    @OrNull package var wouldBeHeld: String?
    package var untold: [Untold]
  }

  package struct Target: Codable, Sendable {
    package var to: String
    package var proof: String
    /// The keywords of the attributes that are changed on the way.
    package var edits: [String]

    init(_ target: ReplayTarget) {
      to = target.to.rawValue
      proof = target.proof.rawValue
      edits = target.edits.map(\.keyword)
    }
  }

  /// A route of which it cannot be told, and the keys of its `match` that are the cause.
  package struct Untold: Codable, Sendable {
    package var route: String
    package var conditions: [String]
  }

  init(_ page: ReplayPage) {
    instances = page.instances
    unchanged = page.unchanged
    untold = page.untold
    changed = page.differences.count - page.untold
    newlyHeld = page.newlyHeld
    byHand = page.byHand
    routes = page.tallies.sorted { $0.key < $1.key }.map { name, tally in
      Route(name: name, took: tally.took, wouldTake: tally.wouldTake, untold: tally.untold)
    }
    differences = page.differences.map(Difference.init)
    next = page.next?.rawValue
  }
}

extension ReplayBody {
  /// Adds the next page.
  package mutating func append(_ page: ReplayBody) {
    instances += page.instances
    unchanged += page.unchanged
    changed += page.changed
    newlyHeld += page.newlyHeld
    untold += page.untold
    byHand += page.byHand
    for route in page.routes {
      if let index = routes.firstIndex(where: { $0.name == route.name }) {
        routes[index].took += route.took
        routes[index].wouldTake += route.wouldTake
        routes[index].untold += route.untold
      } else {
        routes.append(route)
      }
    }
    differences += page.differences
    next = page.next
  }
}

extension ReplayBody.Difference {
  init(_ difference: ReplayDifference) {
    let instance = difference.instance
    self.instance = instance.id.rawValue
    sopInstanceUID = instance.sop.instanceUID.rawValue
    studyInstanceUID = instance.attributes.studyInstanceUID?.rawValue
    callingAE = instance.source.callingAE.rawValue
    sourceAddress = instance.source.address
    receivedAt = instance.receivedAt.rfc3339
    went = difference.went.map(ReplayBody.Target.init)
    wouldGo = difference.wouldGo.map(ReplayBody.Target.init)
    wouldBeHeld = difference.outlook.plan?.hold
    untold = difference.outlook.untold.map { .init(route: $0.route, conditions: $0.conditions) }
  }
}
