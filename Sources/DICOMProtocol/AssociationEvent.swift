extension AssociationStateMachine {
  /// What can happen to an association (PS3.8 Table 9-10, events 1 to 19).
  public enum Event: Hashable, Sendable {
    /// 1: the user asks for an association.
    case localAssociateRequest
    /// 2: the connection that we asked for is open.
    case transportConfirmed
    /// 3.
    case receivedAssociateAccept
    /// 4.
    case receivedAssociateReject
    /// 5: a peer opened a connection.
    case transportIndicated
    /// 6, with the judgement that AE-6 asks for.
    case receivedAssociateRequest(acceptable: Bool)
    /// 7.
    case localAccept
    /// 8.
    case localReject
    /// 9: the user sends data.
    case localData
    /// 10.
    case receivedData
    /// 11.
    case localReleaseRequest
    /// 12.
    case receivedReleaseRequest
    /// 13.
    case receivedReleaseResponse
    /// 14.
    case localReleaseResponse
    /// 15.
    case localAbort
    /// 16.
    case receivedAbort
    /// 17.
    case transportClosed
    /// 18.
    case artimExpired
    /// 19: an unrecognized or invalid PDU.
    case receivedInvalidPDU

    /// The event of receiving `pdu`; `acceptable` is asked only of an A-ASSOCIATE-RQ.
    public init(receiving pdu: PDU, acceptable: (AssociateRequest) -> Bool = { _ in true }) {
      self =
        switch pdu {
        case .associateRequest(let request): .receivedAssociateRequest(acceptable: acceptable(request))
        case .associateAccept: .receivedAssociateAccept
        case .associateReject: .receivedAssociateReject
        case .data: .receivedData
        case .releaseRequest: .receivedReleaseRequest
        case .releaseResponse: .receivedReleaseResponse
        case .abort: .receivedAbort
        }
    }

    /// The standard's number of this event.
    public var number: Int {
      switch self {
      case .localAssociateRequest: 1
      case .transportConfirmed: 2
      case .receivedAssociateAccept: 3
      case .receivedAssociateReject: 4
      case .transportIndicated: 5
      case .receivedAssociateRequest: 6
      case .localAccept: 7
      case .localReject: 8
      case .localData: 9
      case .receivedData: 10
      case .localReleaseRequest: 11
      case .receivedReleaseRequest: 12
      case .receivedReleaseResponse: 13
      case .localReleaseResponse: 14
      case .localAbort: 15
      case .receivedAbort: 16
      case .transportClosed: 17
      case .artimExpired: 18
      case .receivedInvalidPDU: 19
      }
    }
  }
}
