package import EscrowCore

/// What became of some instances by the routes that were in force, compared with what would by others.
package struct ReplayPage: Sendable {
  /// How many were looked at.
  package var instances = 0
  /// How many would go just where they went, or be held as they were.
  package var unchanged = 0
  /// How many were sent by hand: no route was asked about them.
  package var byHand = 0
  /// How many would be held that were not.
  package var newlyHeld = 0
  /// Of how many it cannot be told.
  package var untold = 0
  /// By route: those that are tried, and those that are on record.
  package var tallies: [String: Tally] = [:]
  /// All that would change or cannot be told.
  package var differences: [ReplayDifference] = []
  /// The last one, if there may be more after it.
  package var next: InstanceID?

  /// How many instances one route took, or would take.
  package struct Tally: Sendable, Equatable {
    package var took = 0
    package var wouldTake = 0
    package var untold = 0
  }

  init(routes: [String]) {
    for route in routes { tallies[route] = Tally() }
  }

  /// Counts one instance.
  mutating func add(_ record: InstanceRecord, _ outlook: RoutingOutlook) {
    instances += 1
    // What went elsewhere because a destination was down is no decision of the routes for this instance.
    let routed = record.deliveries.filter { $0.origin == .route && $0.replaces == nil }
    guard record.deliveries.isEmpty || !routed.isEmpty else { return byHand += 1 }
    for route in Set(routed.flatMap(\.routes)) { tallies[route, default: Tally()].took += 1 }
    for route in outlook.takers { tallies[route, default: Tally()].wouldTake += 1 }
    for route in outlook.untold { tallies[route.route, default: Tally()].untold += 1 }
    let went = routed.map { ReplayTarget(to: $0.destination, proof: $0.proof, edits: $0.terms.edits) }.sorted()
    let difference = ReplayDifference(instance: record.instance, went: went, outlook: outlook)
    guard outlook.plan != nil else {
      untold += 1
      return differences.append(difference)
    }
    guard went != difference.wouldGo else { return unchanged += 1 }
    if difference.wouldGo.isEmpty { newlyHeld += 1 }
    differences.append(difference)
  }
}

/// An instance that would go elsewhere, or of which that cannot be told.
package struct ReplayDifference: Sendable {
  package var instance: Instance
  /// Where routes sent it; nowhere when it was held.
  package var went: [ReplayTarget]
  package var outlook: RoutingOutlook

  /// Where it would go; nowhere when it would be held or that cannot be told.
  package var wouldGo: [ReplayTarget] {
    let deliveries = outlook.plan?.deliveries ?? []
    return deliveries.map { ReplayTarget(to: $0.destination, proof: $0.proof, edits: $0.terms.edits) }.sorted()
  }
}

/// Where to, with what proof, and changed how.
package struct ReplayTarget: Equatable, Comparable, Sendable {
  package var to: PeerName
  package var proof: Proof
  package var edits: [Edit]

  package static func < (left: ReplayTarget, right: ReplayTarget) -> Bool { left.to < right.to }
}
