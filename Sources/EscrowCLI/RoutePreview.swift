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

  init(file: String, callingAE: String, calledAE: String, address: String, routes: RouteTable) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe)
    let source = Source(
      callingAE: AETitle(callingAE), calledAE: AETitle(calledAE), address: address, peer: nil, association: "test")
    let input = try RoutingInput(part10: [UInt8](bytes), source: source, routes: routes)
    plan = routes.plan(for: input)
    var lines = routes.explain(input).map { explanation in
      let because = [explanation.condition, explanation.reason].compactMap { $0 }.joined(separator: " ")
      return "route \(explanation.route): \(explanation.matches ? "matches" : "no, \(because)")"
    }
    if let hold = plan.hold {
      lines.append("held: \(hold)")
    }
    for delivery in plan.deliveries {
      lines.append(
        "to \(delivery.destination), proof \(delivery.proof.rawValue), by \(delivery.routes.joined(separator: " and "))"
      )
    }
    switch plan.retention {
    case .never: lines.append("never purged")
    case .after(let wait): lines.append("purged \(Int(wait.inSeconds)) s after everything is proven")
    }
    self.lines = lines
  }
}
