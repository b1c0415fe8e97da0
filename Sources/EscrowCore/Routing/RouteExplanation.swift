/// Why one route takes an instance or does not, for people who try routes out.
package struct RouteExplanation: Sendable, Equatable {
  package var route: String
  package var matches: Bool
  /// The key of `match` that fails first; nil when it matches or no condition decided.
  package var condition: String?
  /// In words; nil when it matches.
  package var reason: String?

  package init(route: String, matches: Bool, condition: String? = nil, reason: String? = nil) {
    self.route = route
    self.matches = matches
    self.condition = condition
    self.reason = reason
  }

  init(_ route: Route, _ standing: RouteTable.Standing, input: RoutingInput) {
    self.init(route: route.name, matches: standing == .matches)
    switch standing {
    case .matches: break
    case .taken: reason = "another route took it"
    case .unreadable: reason = "the header cannot be read"
    case .untold: reason = "an attribute that it asks for is not known"
    case .fails(let index, let gaveUp):
      let condition = route.conditions[index]
      let fact = Fact(condition.subject, of: input)
      self.condition = condition.name
      reason =
        gaveUp
        ? "\(condition.patternThatGaveUp(on: fact)?.text ?? condition.name) reached its limit"
        : RouteExplanation.reason(condition, fact)
    }
  }

  private static func reason(_ condition: Condition, _ fact: Fact) -> String {
    let found = fact.given.isEmpty ? "absent" : fact.given.map { "\"\($0)\"" }.joined(separator: ", ")
    let any = condition.positives.map(\.text).joined(separator: " or ")
    let wanted = ([any] + condition.negations.map(\.text)).filter { !$0.isEmpty }
    return "is \(found), wanted \(wanted.joined(separator: ", and "))"
  }
}
