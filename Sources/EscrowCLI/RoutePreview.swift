import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import Foundation

/// What the routes would do with a file.
struct RoutePreview {
  let plan: RoutingPlan
  /// For people: each route with whether and why, then the outcome.
  let lines: [String]
  /// The same for programs.
  let body: Body

  /// What `--json` prints for one file.
  struct Body: Encodable {
    let file: String
    let routes: [Verdict]
    let held: String?
    let deliveries: [Target]

    struct Verdict: Encodable {
      let route: String
      let matches: Bool
      let condition: String?
      let reason: String?
    }

    struct Target: Encodable {
      let to: String
      let proof: String
      let routes: [String]
      /// How it would be sent besides, in words.
      let terms: [String]
    }
  }

  init(file: String, callingAE: String, calledAE: String, address: String, routes: RouteTable) throws {
    let bytes = try InputFile.contents(of: file)
    let source = Source(
      callingAE: AETitle(callingAE), calledAE: AETitle(calledAE), address: address, peer: nil, association: "test")
    let input = try RoutingInput(part10: bytes, source: source, routes: routes)
    plan = routes.plan(for: input)
    let explanations = routes.explain(input)
    body = Body(
      file: file,
      routes: explanations.map {
        .init(route: $0.route, matches: $0.matches, condition: $0.condition, reason: $0.reason)
      },
      held: plan.hold,
      deliveries: plan.deliveries.map {
        .init(to: $0.destination.rawValue, proof: $0.proof.rawValue, routes: $0.routes, terms: $0.terms.words)
      })
    var lines = explanations.map { explanation in
      let because = [explanation.condition, explanation.reason].compactMap { $0 }.joined(separator: " ")
      return "route \(explanation.route): \(explanation.matches ? "matches" : "no, \(because)")"
    }
    for delivery in plan.deliveries {
      let start = "to \(delivery.destination), proof \(delivery.proof.rawValue)"
      let words = [start, "by \(delivery.routes.joined(separator: " and "))"] + delivery.terms.words
      lines.append(words.joined(separator: ", "))
    }
    lines.append(plan.ending)
    self.lines = lines
  }
}

extension RoutingPlan {
  /// What becomes of our copy, for people.
  var ending: String {
    if let hold { return "held: \(hold)" }
    return switch retention {
    case .never: "never purged"
    case .after(.zero): "purged as soon as everything is proven"
    case .after(let wait): "purged \(wait.text) after everything is proven"
    }
  }
}

extension SendTerms {
  /// What is said of it beside where to, for people.
  var words: [String] {
    var words = edits.map(\.words)
    if let timetable { words.append("sent \(timetable)") }
    if let maxRate { words.append("at most \(maxRate.formatted(.byteCount(style: .decimal)))/s") }
    if let alternative { words.append("or else to \(alternative.destination)") }
    return words
  }
}

extension Edit {
  fileprivate var words: String {
    switch change {
    case .remove: "without \(keyword)"
    case .set(let text): "\(keyword) set to \"\(text)\""
    case .replace(let pattern, let ignoresCase, let text):
      "\(keyword) with /\(pattern)/\(ignoresCase ? "i" : "") replaced by \"\(text)\""
    }
  }
}
