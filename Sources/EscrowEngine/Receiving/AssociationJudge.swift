import EscrowConfiguration
import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore

/// Decides who may open an association and which presentation contexts it gets.
struct AssociationJudge: Sendable {
  let context: EngineContext

  /// Judges an A-ASSOCIATE-RQ (PS3.8 §7.1.1): the caller by AE title and address, the contexts by its rights.
  func judge(_ request: AssociateRequest, from remote: RemoteEndpoint) -> AssociationVerdict {
    // One look at the rules: routes, peers and rights of one reading.
    let rules = context.rules
    if rules.settings.dicom.checkCalledAE, !rules.settings.aeTitles.contains(request.calledAE) {
      return .reject(.calledAENotRecognized, "called AE title \(request.calledAE.rawValue.escaped) is not one of ours")
    }
    let caller = rules.peers.caller(request.callingAE, at: remote.address)
    let rights = rules.peers.rights(of: caller)
    guard !rights.isEmpty else {
      return .reject(.callingAENotRecognized, explanation(of: caller, request: request, remote: remote))
    }
    return .accept(policy(for: rights, by: rules))
  }

  private func policy(for rights: Set<PeerRight>, by rules: Rules) -> AcceptorPolicy {
    let storage: ServiceTerms.Judgement =
      !rights.contains(.store)
      ? .refused(.userRejection) : context.space.isFull ? .refused(.noReason) : .accepted(.storage)
    // Who may not ask is told so by the status of the answer.
    let commitment = ServiceTerms.Judgement.accepted(.commitment(requestorMayBeSCU: true, requestorMayBeSCP: true))
    return AcceptorPolicy(
      maximumLength: UInt32(rules.settings.dicom.limits.maximumLength),
      implementationClassUID: Software.implementationClassUID,
      implementationVersionName: Software.implementationVersionName
    ) { abstractSyntax, service in
      switch abstractSyntax {
      case Verification.sopClassUID: return rights.contains(.echo) ? .accepted(.verification) : .refused(.userRejection)
      case StorageCommitment.sopClassUID: return commitment
      default:
        let isStorage = service == SOPClass.storageServiceClass || SOPClass.isStorage(abstractSyntax)
        return isStorage ? storage : .refused(.abstractSyntaxNotSupported)
      }
    }
  }

  private func explanation(
    of caller: PeerTable.Caller, request: AssociateRequest, remote: RemoteEndpoint
  ) -> String {
    let name = request.callingAE.rawValue.escaped
    return switch caller {
    case .elsewhere(let peer): "\(name) is peer \(peer), but \(remote.address) is not one of its addresses"
    case .peer(let peer): "peer \(peer.name) has no rights (allow is empty)"
    case .reporter, .stranger: "no peer has AE title \(name), and unknownPeers allows nothing"
    }
  }
}
