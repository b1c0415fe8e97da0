package import DICOM

/// All routes, compiled: a pure function from what is known of an instance to what happens to it.
///
/// What the conditions look at is taken from the instance once, however many routes there are.
package struct RouteTable: Sendable {
  /// In the order in which they are listed and their destinations are filled.
  package let routes: [Route]
  /// The attributes that any route looks at: what the header reader must find.
  package let wantedTags: Set<Tag>
  /// Everything that any condition looks at, once.
  private let subjects: [Subject]
  /// The conditions of all routes, one route after the other, and which of them are whose.
  private let conditions: [Condition]
  private let conditionsOfRoute: [Range<Int>]
  /// For each condition, the index of its subject.
  private let subjectOfCondition: [Int]

  package init(routes: [Route]) {
    self.routes = routes
    conditions = routes.flatMap(\.conditions)
    var end = 0
    conditionsOfRoute = routes.map { route in
      end += route.conditions.count
      return end - route.conditions.count..<end
    }
    let subjects = Array(Set(conditions.map(\.subject)))
    let indices = Dictionary(uniqueKeysWithValues: zip(subjects, subjects.indices))
    subjectOfCondition = conditions.compactMap { indices[$0.subject] }
    wantedTags = Set(subjects.compactMap { if case .attribute(let tag) = $0 { tag } else { nil } })
    self.subjects = subjects
  }

  /// What happens to the instance: all routes that match apply together.
  package func plan(for input: RoutingInput) -> RoutingPlan {
    let standings = standings(input)
    let matching = routes.indices.filter { standings[$0] == .matches }.map { routes[$0] }
    return matching.isEmpty
      ? RoutingPlan(deliveries: [], hold: reasonToHold(input, standings))
      : RoutingPlan(merging: matching, study: input.study)
  }

  /// For each route, whether it takes the instance, and if not, the first condition that fails.
  package func explain(_ input: RoutingInput) -> [RouteExplanation] {
    zip(routes, standings(input)).map { RouteExplanation($0, $1, input: input) }
  }

  /// How one route stands to one instance.
  enum Standing: Equatable {
    case matches
    /// At which of its conditions, and whether that is because a regular expression reached its limits.
    case fails(at: Int, gaveUp: Bool)
    /// Its header is needed and cannot be read.
    case unreadable
    /// `otherwise`, but others took it.
    case taken
    /// It depends on an attribute that is not known.
    case untold
  }

  /// - Parameter unknown: attributes that nobody can tell any more; that they are absent means nothing.
  func standings(_ input: RoutingInput, without unknown: Set<Tag> = []) -> [Standing] {
    let facts = subjects.map { Fact($0, of: input) }
    var standings = routes.indices.map { index in
      if input.unreadable, !routes[index].needsOnlyAssociation { return Standing.unreadable }
      return standing(of: index, facts, without: unknown)
    }
    let isTaken = routes.indices.contains { standings[$0] == .matches && !routes[$0].isOtherwise }
    if isTaken {
      for index in routes.indices where routes[index].isOtherwise { standings[index] = .taken }
    } else if standings.contains(.untold) {
      for index in routes.indices where routes[index].isOtherwise { standings[index] = .untold }
    }
    return standings
  }

  private func standing(of route: Int, _ facts: [Fact], without unknown: Set<Tag>) -> Standing {
    let range = conditionsOfRoute[route]
    var isUntold = false
    for index in range {
      if conditions[index].subject.isAmong(unknown) {
        isUntold = true
        continue
      }
      let verdict = conditions[index].verdict(on: facts[subjectOfCondition[index]])
      if verdict != .holds { return .fails(at: index - range.lowerBound, gaveUp: verdict == .gaveUp) }
    }
    return isUntold ? .untold : .matches
  }

  private func reasonToHold(_ input: RoutingInput, _ standings: [Standing]) -> String {
    if input.unreadable { return "header unreadable, and no route matches on the association alone" }
    for (route, standing) in zip(routes, standings) {
      if case .fails(_, gaveUp: true) = standing {
        return
          "no route matches; \(RouteExplanation(route, standing, input: input).reason ?? "") in route \(route.name)"
      }
    }
    return "no route matches"
  }
}
