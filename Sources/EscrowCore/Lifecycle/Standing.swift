/// What an instance's deliveries mean for the instance.
package struct Standing: Sendable, Equatable {
  /// The deliveries that decide about the instance have all ended: those of routes, or without any the API's.
  package var isEnded: Bool
  /// Every delivery of a route, and there is one, was stored at its destination or matters no more.
  package var isStored: Bool
  /// Every delivery of a route that wants commitment, and there is one, is proved.
  package var isCommitted: Bool
  /// A delivery of a route failed.
  package var hasFailed: Bool
  /// Every delivery of a route, and there is one, was proved, waived or superseded.
  package var isProven: Bool
  /// What the purge guard asks of the deliveries holds: proven, one of them whole, none in doubt, and none of
  /// the API open.
  package var isSafe: Bool

  package init(of deliveries: [Delivery]) {
    let routed = deliveries.filter { $0.origin == .route }
    let asked = routed.filter { $0.proof == .commitment && ![.waived, .superseded].contains($0.state) }
    isEnded = (routed.isEmpty ? deliveries : routed).allSatisfy(\.state.isTerminal) && !deliveries.isEmpty
    isStored = !routed.isEmpty && routed.allSatisfy { Standing.stored.contains($0.state) }
    isCommitted = !asked.isEmpty && asked.allSatisfy { $0.state == .delivered }
    hasFailed = routed.contains { $0.state == .failed }
    isProven = !routed.isEmpty && routed.allSatisfy { Standing.proven.contains($0.state) }
    isSafe =
      isProven
      && routed.contains { $0.state == .delivered && (!$0.discardedElements || $0.acceptDiscarded) && !$0.terms.alters }
      && deliveries.allSatisfy { $0.origin == .route || $0.state.isTerminal }
      && !routed.contains(where: \.isDoubted)
  }

  /// States in which a delivery no longer keeps the instance's copy.
  package static let proven: [DeliveryState] = [.delivered, .waived, .superseded]
  /// States in which the destination has the instance, or need not.
  package static let stored: [DeliveryState] = [.sent, .requested] + proven
}
