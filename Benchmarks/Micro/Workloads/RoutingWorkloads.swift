import DICOM
import EscrowCore

extension Workload {
  /// A thousand routes and one instance, which three of them take.
  static let routingWorkloads = [
    Workload(name: "match 1,000 routes", times: 100) { _ in
      let table = RouteTable(routes: try (0..<1000).map(route))
      let input = RoutingInput(
        source: Source(callingAE: "CT333", calledAE: "ESCROW", address: "10.0.0.7", peer: nil, association: "a1"),
        sop: SOPInstance(classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: "1.2.3"),
        transferSyntax: "1.2.840.10008.1.2.1",
        attributes: [.modality: ["CT"], .stationName: ["STATION333"], .institutionName: ["General Hospital"]])
      return { times in
        var taken = 0
        for _ in 0..<times { taken += table.plan(for: input).deliveries.count }
        return taken
      }
    }
  ]

  /// In turn by name, by pattern and by regular expression.
  private static func route(_ number: Int) throws -> Route {
    let conditions =
      switch number % 3 {
      case 0: [try condition(.callingAE, "CT\(number)"), try condition(.attribute(.modality), "CT")]
      case 1: [try condition(.attribute(.stationName), "*\(number - 1)"), try condition(.attribute(.modality), "!MR")]
      default: [try condition(.attribute(.institutionName), "/^Gen.*\(number == 332 ? "" : "x")$/")]
      }
    return Route(
      name: "r\(number)", match: .all(conditions), sends: [Route.Send(to: PeerName("d\(number)"), proof: .commitment)])
  }

  private static func condition(_ subject: Subject, _ text: String) throws -> Condition {
    Condition(subject, name: "\(subject)", patterns: [try Pattern(text)])
  }
}
