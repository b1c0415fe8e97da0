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
    if !rules.settings.isCalled(request.calledAE) {
      return .reject(.calledAENotRecognized, "called AE title \(request.calledAE.rawValue.escaped) is not one of ours")
    }
    let caller = rules.peers.caller(request.callingAE, at: remote.address)
    let rights = rules.peers.rights(of: caller)
    guard !rights.isEmpty else {
      return .reject(.callingAENotRecognized, explanation(of: caller, request: request, remote: remote))
    }
    return .accept(policy(for: rights, by: rules))
  }

  /// Why a caller that may associate cannot store what it wants to; nil when it may, or wants nothing of the kind.
  func storageRefusal(_ request: AssociateRequest, from remote: RemoteEndpoint) -> String? {
    let peers = context.rules.peers
    let caller = peers.caller(request.callingAE, at: remote.address)
    guard request.wantsToStore, !peers.rights(of: caller).contains(.store) else { return nil }
    return switch caller {
    case .peer(let peer): "peer \(peer.name) may not store: its allow has no store"
    case .stranger: "no peer has AE title \(request.callingAE.rawValue.escaped), and unknownPeers lets nobody store"
    // Who reports may propose more than it will use.
    case .reporter, .elsewhere: nil
    }
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

extension AssociateRequest {
  /// Whether a storage SOP class is among what it proposes.
  fileprivate var wantsToStore: Bool { contexts.contains { $0.abstractSyntax.map { SOPClass.isStorage($0) } ?? false } }
}

extension UnlistedSender {
  /// What a request tried that was not granted.
  init(_ request: AssociateRequest, from remote: RemoteEndpoint, reason: String, now: Timestamp) {
    var proposed: [UID] = []
    for case let syntax? in request.contexts.map(\.abstractSyntax) where syntax.isValid && !proposed.contains(syntax) {
      proposed.append(syntax)
    }
    self.init(
      request.callingAE, at: remote.address, calling: request.calledAE, now: now, reason: reason, proposed: proposed,
      implementation: request.userInformation.implementationVersionName)
  }
}
