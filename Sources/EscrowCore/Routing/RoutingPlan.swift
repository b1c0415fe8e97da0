import DICOM

/// What the routes decided for one instance.
package struct RoutingPlan: Sendable, Equatable {
  package var deliveries: [PlannedDelivery]
  /// Why the instance is held instead of sent; set exactly when there are no deliveries.
  package var hold: String?
  package var retention: Retention
  /// The names of all routes that matched.
  package var routes: [String]

  package init(
    deliveries: [PlannedDelivery], hold: String? = nil, retention: Retention = .standard, routes: [String] = []
  ) {
    self.deliveries = deliveries
    self.hold = hold
    self.retention = retention
    self.routes = routes
  }
}

extension RoutingPlan {
  /// What `routes` want together: one delivery for each destination, the longest retention; a hold of one holds all.
  ///
  /// - Parameter study: what of several destinations of one item chooses among them.
  init(merging routes: [Route], study: UID) {
    var holds = routes.compactMap { route in route.hold.map { "route \(route.name): \($0)" } }
    var deliveries: [PlannedDelivery] = []
    for route in routes {
      for send in route.sends {
        let destination = send.destination(forStudy: study)
        if let conflict = deliveries.merge(send, to: destination, of: route) { holds.append(conflict) }
      }
    }
    if !holds.isEmpty { deliveries = [] }
    self.init(
      deliveries: deliveries,
      hold: holds.isEmpty ? deliveries.isEmpty ? "no route sends it" : nil : holds.joined(separator: "; "),
      retention: routes.dropFirst().reduce(routes.first?.retention ?? .standard) { $0.merged(with: $1.retention) },
      routes: routes.map(\.name))
  }
}

extension [PlannedDelivery] {
  /// Adds what `route` sends, or strengthens the delivery that is already planned to the same destination: stronger
  /// proof, higher priority; discarded elements are accepted only if every route accepts them. Returns why not, if the
  /// routes want it edited differently.
  fileprivate mutating func merge(_ send: Route.Send, to destination: PeerName, of route: Route) -> String? {
    var terms = send.terms
    terms.acceptEdited = route.acceptEdited && !terms.edits.isEmpty
    let overwrites = send.overwriting.contains(destination)
    guard let index = firstIndex(where: { $0.destination == destination }) else {
      append(
        PlannedDelivery(
          to: destination, proof: send.proof, priority: send.priority, routes: [route.name],
          acceptDiscarded: route.acceptDiscarded, overwrites: overwrites, terms: terms))
      return nil
    }
    guard self[index].terms.edits == terms.edits else {
      return
        "routes \(self[index].routes.joined(separator: ", ")) and \(route.name) want different edits for \(destination)"
    }
    self[index].terms = self[index].terms.merged(with: terms)
    self[index].proof = Swift.max(self[index].proof, send.proof)
    self[index].priority = Swift.min(self[index].priority, send.priority)
    self[index].acceptDiscarded = self[index].acceptDiscarded && route.acceptDiscarded
    if self[index].routes.last != route.name { self[index].routes.append(route.name) }
    return nil
  }
}
