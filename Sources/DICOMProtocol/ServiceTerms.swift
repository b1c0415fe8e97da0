public import DICOM

/// On which terms an acceptor provides a service.
public struct ServiceTerms: Equatable, Sendable {
  public var transferSyntaxes: TransferSyntaxes
  /// Granted when the requestor proposes it with 54H. Without 54H the requestor is SCU, as by default.
  public var requestorMayBeSCU: Bool
  /// Granted when the requestor proposes it with 54H.
  public var requestorMayBeSCP: Bool

  public init(
    transferSyntaxes: TransferSyntaxes = .any, requestorMayBeSCU: Bool = true, requestorMayBeSCP: Bool = false
  ) {
    self.transferSyntaxes = transferSyntaxes
    self.requestorMayBeSCU = requestorMayBeSCU
    self.requestorMayBeSCP = requestorMayBeSCP
  }

  /// Whether, or with which result not, an abstract syntax is accepted.
  public enum Judgement: Equatable, Sendable {
    case accepted(ServiceTerms)
    case refused(ContextResult.Result)
  }

  /// Which transfer syntaxes are taken.
  public enum TransferSyntaxes: Equatable, Sendable {
    /// Every one, also unknown ones: for data sets that are passed through.
    case any
    case only(Set<UID>)

    /// The one to accept of those `offered`, or nil.
    ///
    /// The first acceptable one, but Explicit VR before Implicit VR Little Endian, which keeps the VR of private
    /// elements, and Big Endian only when nothing else is acceptable.
    public func choose(from offered: [UID]) -> UID? {
      let acceptable = offered.filter { $0.isValid && accepts($0) }
      let explicit = NativeSyntax.explicitLittleEndian.uid
      let first = acceptable.first { $0 != NativeSyntax.explicitBigEndian.uid } ?? acceptable.first
      return first == NativeSyntax.implicitLittleEndian.uid && acceptable.contains(explicit) ? explicit : first
    }

    private func accepts(_ uid: UID) -> Bool {
      switch self {
      case .any: true
      case .only(let uids): uids.contains(uid)
      }
    }
  }
}

extension ServiceTerms {
  /// C-ECHO from anybody who may associate.
  public static let verification = ServiceTerms(
    transferSyntaxes: .only(Set(NativeSyntax.allCases.map(\.uid))))

  /// C-STORE to us of anything in any transfer syntax.
  public static let storage = ServiceTerms()

  /// Storage commitment: `requestorMayBeSCU` when we answer requests, `requestorMayBeSCP` when we take reports.
  public static func commitment(requestorMayBeSCU: Bool, requestorMayBeSCP: Bool) -> ServiceTerms {
    ServiceTerms(
      transferSyntaxes: .only(Set(StorageCommitment.transferSyntaxes)), requestorMayBeSCU: requestorMayBeSCU,
      requestorMayBeSCP: requestorMayBeSCP)
  }
}
