package import DICOM

/// What routes would decide for an instance of which not everything may be known any more.
package struct RoutingOutlook: Sendable, Equatable {
  /// The names of the routes that would take it.
  package var takers: [String]
  /// The routes of which that cannot be told.
  package var untold: [Untold]
  /// What they would decide together; nil when that cannot be told.
  package var plan: RoutingPlan?

  /// A route that nobody can tell about, and the conditions that are the cause.
  package struct Untold: Sendable, Equatable {
    package var route: String
    /// The keys of `match`; none for `otherwise`, which depends on the other routes.
    package var conditions: [String]

    package init(route: String, conditions: [String]) {
      self.route = route
      self.conditions = conditions
    }
  }
}

extension RouteTable {
  /// As ``plan(for:)``, but guesses nothing.
  ///
  /// - Parameter unknown: the attributes that are not on record any more; that `input` has none of them means nothing.
  package func outlook(for input: RoutingInput, without unknown: Set<Tag>) -> RoutingOutlook {
    let all = Array(zip(routes, standings(input, without: unknown)))
    let untold = all.filter { $0.1 == .untold }.map { route, _ in
      RoutingOutlook.Untold(
        route: route.name, conditions: route.conditions.filter { $0.subject.isAmong(unknown) }.map(\.name))
    }
    return RoutingOutlook(
      takers: all.filter { $0.1 == .matches }.map(\.0.name), untold: untold,
      plan: untold.isEmpty ? plan(for: input) : nil)
  }
}
