import DICOM
import DICOMProtocol

/// What both sides agreed on when the association was established.
struct Agreement {
  var callingAE: AETitle
  var calledAE: AETitle
  var contexts: [UInt8: AcceptedContext]
  var refused: [UInt8: ContextResult.Result]
  var peer: UserInformation

  /// As acceptor: what the peer asked for and what we answered.
  init(_ request: AssociateRequest, answered: AcceptedAssociation) {
    callingAE = request.callingAE
    calledAE = request.calledAE
    contexts = answered.contexts
    refused = answered.accept.contexts.filter { $0.result != .acceptance }
      .reduce(into: [:]) { $0[$1.id] = $1.result }
    peer = request.userInformation
  }

  /// As requestor: what we asked for and what the peer answered.
  init(_ proposal: Proposal, outcome: ProposalOutcome, accept: AssociateAccept) {
    callingAE = proposal.request.callingAE
    calledAE = proposal.request.calledAE
    contexts = outcome.accepted
    refused = outcome.refused
    peer = accept.userInformation
  }
}
