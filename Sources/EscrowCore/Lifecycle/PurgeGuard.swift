/// The conditions under which the only copy here may be deleted.
///
/// A ledger keeps the moment as a hint for finding candidates, and checks all conditions again in the guarded
/// change itself.
package enum PurgeGuard {
  /// When `consignment` may be purged; nil when something other than time stands against it.
  ///
  /// A conflicted instance may only where each destination that has it keeps what came last: commitment speaks of UIDs,
  /// not of content, so elsewhere no report says which of the contents is safe. That holds for each of the contents,
  /// the first as well.
  package static func due(_ consignment: Consignment) -> Timestamp? {
    consignment.instance.legalHold == nil ? dueWithoutLegalHold(consignment) : nil
  }

  /// As ``due(_:)``, as if there were no legal hold: a hint that stays right when legal holds come and go.
  package static func dueWithoutLegalHold(_ consignment: Consignment) -> Timestamp? {
    let instance = consignment.instance
    guard instance.state == .settled, !consignment.isAmbiguous, instance.pin == nil,
      instance.promise == nil, let settledAt = instance.settledAt,
      case .after(let retention) = instance.retention, Standing(of: consignment.deliveries).isSafe
    else { return nil }
    return settledAt + retention
  }

  /// In words, why the copy of a settled instance stays, when it is not for the time alone.
  package static func obstacle(_ consignment: Consignment) -> String? {
    guard consignment.instance.state == .settled, due(consignment) == nil else { return nil }
    return obstacleBesideRetention(consignment)
      ?? (consignment.instance.retention == .never ? "kept: a route says never" : nil)
  }

  /// As ``obstacle(_:)``, as if the retention of the route were over.
  package static func obstacleBesideRetention(_ consignment: Consignment) -> String? {
    let instance = consignment.instance
    if instance.state != .settled { return "the instance is \(instance.state)" }
    if let obstacle = instance.legalObstacle { return obstacle }
    if let pin = instance.pin ?? instance.promise { return "kept: \(pin)" }
    if consignment.isAmbiguous { return "kept: other content of this SOP Instance UID is on record" }
    if let bad = consignment.deliveries.first(where: { ![.delivered, .waived, .superseded].contains($0.state) }) {
      return "kept: the delivery to \(bad.destination) is \(bad.state)"
    }
    if let bad = consignment.deliveries.first(where: { $0.discardedElements && !$0.acceptDiscarded }) {
      return "kept: \(bad.destination) discarded elements (B006H), and its route does not accept that"
    }
    if !consignment.deliveries.contains(where: { $0.state == .delivered && !$0.terms.alters }),
      let edited = consignment.deliveries.first(where: { $0.state == .delivered })
    {
      return "kept: what \(edited.destination) has was edited on its way, and its route does not say acceptEdited"
    }
    if let doubted = consignment.deliveries.first(where: \.isDoubted) {
      return "kept: \(doubted.destination) is asked again by query whether it still has it"
    }
    return Standing(of: consignment.deliveries).isSafe ? nil : "kept: no delivery of a route has proved it safe"
  }
}

extension Instance {
  /// In words, that a legal hold keeps its copy; nil when none does.
  var legalObstacle: String? { legalHold.map { "kept: on legal hold: \($0)" } }
}
