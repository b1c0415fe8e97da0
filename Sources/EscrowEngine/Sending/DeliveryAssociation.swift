import DICOMNetwork
import DICOMProtocol
import EscrowCore

/// An association to a destination with exactly the presentation contexts that its instances need.
struct DeliveryAssociation: Sendable {
  let association: Association
  let offer: ContextOffer
  /// Whether the peer has answered on it already: then its end says nothing about the peer.
  var isProven = false

  /// Opens an association that proposes what `claims` need, waiting for the answer at most `patience` if that is less
  /// than the peer's own time.
  static func open(
    to destination: Destination, for claims: some Sequence<Claim>, patience: Duration? = nil, context: EngineContext
  ) async throws -> DeliveryAssociation {
    let peer = destination.peer
    var proposal = Proposal(calledAE: peer.aeTitle, callingAE: context.localAE(for: peer))
    let offer = ContextOffer(for: claims)
    offer.add(to: &proposal)
    var timeouts = peer.connectTimeouts
    if let patience { timeouts.answer = min(timeouts.answer, patience) }
    let association = try await context.connector.connect(
      to: destination.host, port: destination.port, proposal: proposal, timeouts: timeouts)
    return DeliveryAssociation(association: association, offer: offer)
  }

  /// Whether it was negotiated for what this claim needs, with whatever answer.
  func covers(_ claim: Claim) -> Bool { offer.covers(claim) }

  /// What the peer said to what this claim needs.
  func answer(to claim: Claim) -> ContextAnswer {
    ContextAnswer(for: claim, offer: offer, accepted: association.contexts, refused: association.refused)
  }

  func release() async { await association.release() }
}
