import EscrowConfiguration
import EscrowCore
import Testing

/// An instance that is tried on one example or several together, and what must come of it.
struct RouteTrial: Sendable, CustomTestStringConvertible {
  var examples: [String]
  var instance: TriedInstance
  /// As of ``RoutingPlan/inWords``.
  var expected: [String]

  init(_ examples: String..., of instance: TriedInstance, gives expected: String...) {
    self.examples = examples
    self.instance = instance
    self.expected = expected
  }

  /// The instance is not for this example.
  init(_ example: String, leaves instance: TriedInstance) {
    self.init(example, of: instance, gives: "held: no route matches")
  }

  func plan() throws -> RoutingPlan {
    let routes = try RouteExamples.settings(examples).routes
    return routes.plan(for: try instance.input(for: routes))
  }

  var testDescription: String { "\(examples.joined(separator: " + ")): \(instance.callingAE) \(instance.attributes)" }
}

extension RoutingPlan {
  /// Each delivery, and then how long the copy stays; or why it is held.
  var inWords: [String] {
    if let hold { return ["held: \(hold)"] }
    return deliveries.map(\.inWords) + [retention.inWords]
  }
}

extension PlannedDelivery {
  /// What is not as it is by default comes after destination and proof.
  fileprivate var inWords: String {
    var words = ["\(destination) \(proof)"]
    if priority != .medium { words.append("\(priority)") }
    if let timetable = terms.timetable { words.append("\(timetable)") }
    if let rate = terms.maxRate { words.append("\(rate / 1_000_000) MB/s") }
    if let alternative = terms.alternative { words.append("or \(alternative.destination)") }
    if !terms.edits.isEmpty { words.append(terms.acceptEdited ? "edited, which will do" : "edited") }
    if acceptDiscarded { words.append("may discard") }
    return words.joined(separator: ", ")
  }
}

extension Retention {
  fileprivate var inWords: String {
    switch self {
    case .after(let duration): "stays \(Int(duration.inSeconds) / 60) min"
    case .never: "stays for good"
    }
  }
}
