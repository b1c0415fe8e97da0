import DICOM
import EscrowCore
import EscrowEngine
import Foundation
import NIOCore

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
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe)
    let source = Source(
      callingAE: AETitle(callingAE), calledAE: AETitle(calledAE), address: address, peer: nil, association: "test")
    let input = try RoutingInput(part10: [UInt8](bytes), source: source, routes: routes)
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
    if let hold = plan.hold {
      lines.append("held: \(hold)")
    }
    for delivery in plan.deliveries {
      let start = "to \(delivery.destination), proof \(delivery.proof.rawValue)"
      let words = [start, "by \(delivery.routes.joined(separator: " and "))"] + delivery.terms.words
      lines.append(words.joined(separator: ", "))
    }
    switch plan.retention {
    case .never: lines.append("never purged")
    case .after(let wait): lines.append("purged \(Int(wait.inSeconds)) s after everything is proven")
    }
    self.lines = lines
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
