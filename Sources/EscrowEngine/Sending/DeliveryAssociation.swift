import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore

/// An association to a destination with exactly the presentation contexts that its instances need.
struct DeliveryAssociation: Sendable {
  /// A SOP class in a transfer syntax: what one presentation context is for.
  struct Pair: Hashable, Sendable {
    let classUID: UID
    let transferSyntax: UID

    init(_ claim: Claim) {
      classUID = claim.sop.classUID
      transferSyntax = claim.transferSyntax
    }
  }

  /// What the peer said to a pair.
  enum Context: Sendable, Equatable {
    case accepted(UInt8)
    case refused(ContextResult.Result)
  }

  let association: Association
  let contexts: [Pair: Context]
  /// Whether the peer has answered on it already: then its end says nothing about the peer.
  var isProven = false

  /// Opens an association that proposes each pair of `claims` in a context of its own, waiting for the answer at most
  /// `patience` if that is less than the peer's own time.
  static func open(
    to destination: Destination, for claims: some Sequence<Claim>, patience: Duration? = nil, context: EngineContext
  ) async throws -> DeliveryAssociation {
    let peer = destination.peer
    var proposal = Proposal(calledAE: peer.aeTitle, callingAE: context.localAE(for: peer))
    var ids: [Pair: UInt8] = [:]
    for pair in claims.lazy.map(Pair.init) where ids[pair] == nil {
      ids[pair] = proposal.add(pair.classUID, transferSyntaxes: [pair.transferSyntax])
    }
    var timeouts = peer.connectTimeouts
    if let patience { timeouts.answer = min(timeouts.answer, patience) }
    let association = try await context.connector.connect(
      to: destination.host, port: destination.port, proposal: proposal, timeouts: timeouts)
    let answers = ids.mapValues { id -> Context in
      association.contexts[id] != nil ? .accepted(id) : .refused(association.refused[id] ?? .noReason)
    }
    return DeliveryAssociation(association: association, contexts: answers)
  }

  /// Whether it was negotiated for what this claim needs, with whatever answer.
  func covers(_ claim: Claim) -> Bool { contexts[Pair(claim)] != nil }

  func context(for claim: Claim) -> Context { contexts[Pair(claim)] ?? .refused(.noReason) }

  func release() async { await association.release() }
}
