public import DICOM
public import NIOCore

/// A protocol data unit of the DICOM upper layer (PS3.8 §9.3).
public enum PDU: Equatable, Sendable {
  case associateRequest(AssociateRequest)
  case associateAccept(AssociateAccept)
  case associateReject(AssociateReject)
  /// The presentation data values of one P-DATA-TF, in order.
  case data([PDV])
  case releaseRequest
  case releaseResponse
  case abort(Abort)
}

/// A presentation data value: one fragment of a message (PS3.8 §9.3.5.1).
public struct PDV: Equatable, Sendable {
  public var contextID: UInt8
  /// Whether the fragment is of the command set, else of the data set.
  public var isCommand: Bool
  public var isLast: Bool
  /// A slice of what was received, not a copy.
  public var fragment: ByteBuffer

  public init(contextID: UInt8, isCommand: Bool, isLast: Bool, fragment: ByteBuffer) {
    self.contextID = contextID
    self.isCommand = isCommand
    self.isLast = isLast
    self.fragment = fragment
  }
}

/// A-ASSOCIATE-RQ (PS3.8 §9.3.2).
public struct AssociateRequest: Equatable, Sendable {
  /// Bit 0 set means version 1.
  public var protocolVersion: UInt16
  public var calledAE: AETitle
  public var callingAE: AETitle
  /// Nil when the item is missing.
  public var applicationContext: String?
  public var contexts: [ProposedContext]
  public var userInformation: UserInformation

  public init(
    protocolVersion: UInt16 = 1, calledAE: AETitle, callingAE: AETitle,
    applicationContext: String? = AssociateRequest.dicomApplicationContext, contexts: [ProposedContext],
    userInformation: UserInformation
  ) {
    self.protocolVersion = protocolVersion
    self.calledAE = calledAE
    self.callingAE = callingAE
    self.applicationContext = applicationContext
    self.contexts = contexts
    self.userInformation = userInformation
  }

  /// The DICOM application context name (PS3.7 §A.2.1).
  public static let dicomApplicationContext = "1.2.840.10008.3.1.1.1"
}

/// One presentation context as proposed (item 20H, PS3.8 §9.3.2.2).
public struct ProposedContext: Equatable, Sendable {
  public var id: UInt8
  /// Nil when the sub-item is missing.
  public var abstractSyntax: UID?
  public var transferSyntaxes: [UID]

  public init(id: UInt8, abstractSyntax: UID?, transferSyntaxes: [UID]) {
    self.id = id
    self.abstractSyntax = abstractSyntax
    self.transferSyntaxes = transferSyntaxes
  }
}

/// A-ASSOCIATE-AC (PS3.8 §9.3.3).
public struct AssociateAccept: Equatable, Sendable {
  public var protocolVersion: UInt16
  /// Echoes of the request; not tested by the requestor.
  public var calledAE: AETitle
  public var callingAE: AETitle
  public var applicationContext: String?
  public var contexts: [ContextResult]
  public var userInformation: UserInformation

  public init(
    protocolVersion: UInt16 = 1, calledAE: AETitle, callingAE: AETitle,
    applicationContext: String? = AssociateRequest.dicomApplicationContext, contexts: [ContextResult],
    userInformation: UserInformation
  ) {
    self.protocolVersion = protocolVersion
    self.calledAE = calledAE
    self.callingAE = callingAE
    self.applicationContext = applicationContext
    self.contexts = contexts
    self.userInformation = userInformation
  }
}

/// The answer to one proposed context (item 21H, PS3.8 §9.3.3.2).
public struct ContextResult: Equatable, Sendable {
  public var id: UInt8
  public var result: Result
  /// Significant only when accepted, but always present in what we send.
  public var transferSyntax: UID?

  /// The result byte; values above 4 are kept and mean refused.
  public struct Result: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let acceptance = Result(rawValue: 0)
    public static let userRejection = Result(rawValue: 1)
    public static let noReason = Result(rawValue: 2)
    public static let abstractSyntaxNotSupported = Result(rawValue: 3)
    public static let transferSyntaxesNotSupported = Result(rawValue: 4)
  }

  public init(id: UInt8, result: Result, transferSyntax: UID?) {
    self.id = id
    self.result = result
    self.transferSyntax = transferSyntax
  }
}

/// The user information item (50H) as far as we use it; sub-items we do not use are skipped.
public struct UserInformation: Equatable, Sendable {
  /// 51H; nil when missing. 0 means no limit.
  public var maximumLength: UInt32?
  /// 52H.
  public var implementationClassUID: UID?
  /// 55H.
  public var implementationVersionName: String?
  /// 53H; nil when missing, which means one operation at a time.
  public var asynchronousOperations: AsynchronousOperations?
  /// 54H, one per abstract syntax.
  public var roleSelections: [RoleSelection]
  /// 56H, one per SOP class.
  public var extendedNegotiations: [ExtendedNegotiation]
  /// 57H.
  public var commonExtendedNegotiations: [CommonExtendedNegotiation]
  /// 58H.
  public var userIdentity: UserIdentity?

  public init(
    maximumLength: UInt32? = nil, implementationClassUID: UID? = nil, implementationVersionName: String? = nil,
    asynchronousOperations: AsynchronousOperations? = nil, roleSelections: [RoleSelection] = [],
    extendedNegotiations: [ExtendedNegotiation] = [], commonExtendedNegotiations: [CommonExtendedNegotiation] = [],
    userIdentity: UserIdentity? = nil
  ) {
    self.maximumLength = maximumLength
    self.implementationClassUID = implementationClassUID
    self.implementationVersionName = implementationVersionName
    self.asynchronousOperations = asynchronousOperations
    self.roleSelections = roleSelections
    self.extendedNegotiations = extendedNegotiations
    self.commonExtendedNegotiations = commonExtendedNegotiations
    self.userIdentity = userIdentity
  }
}

/// Item 53H (PS3.7 §D.3.3.3); 0 means unlimited.
public struct AsynchronousOperations: Equatable, Sendable {
  public var invoked: UInt16
  public var performed: UInt16

  public init(invoked: UInt16, performed: UInt16) {
    self.invoked = invoked
    self.performed = performed
  }
}

/// Item 54H: the roles of the **requestor** for one abstract syntax (PS3.7 §D.3.3.4).
public struct RoleSelection: Equatable, Sendable {
  public var abstractSyntax: UID
  public var scu: Bool
  public var scp: Bool

  public init(abstractSyntax: UID, scu: Bool, scp: Bool) {
    self.abstractSyntax = abstractSyntax
    self.scu = scu
    self.scp = scp
  }
}

/// Item 56H: what a service class leaves to be agreed on for a SOP class (PS3.7 §D.3.3.5).
public struct ExtendedNegotiation: Equatable, Sendable {
  public var sopClass: UID
  /// Service Class Application Information; what its bytes mean, the service class says.
  public var information: [UInt8]

  public init(sopClass: UID, information: [UInt8]) {
    self.sopClass = sopClass
    self.information = information
  }
}

/// Item 57H: which service a SOP class belongs to (PS3.7 §D.3.3.6).
public struct CommonExtendedNegotiation: Equatable, Sendable {
  public var sopClass: UID
  public var serviceClass: UID

  public init(sopClass: UID, serviceClass: UID) {
    self.sopClass = sopClass
    self.serviceClass = serviceClass
  }
}

/// Item 58H (PS3.7 §D.3.3.7). The fields may hold secrets: never logged.
public struct UserIdentity: Equatable, Sendable {
  /// 1 user name, 2 with passcode, 3 Kerberos, 4 SAML, 5 JSON Web Token.
  public var type: UInt8
  public var positiveResponseRequested: Bool
  public var primary: [UInt8]
  public var secondary: [UInt8]

  public init(type: UInt8, positiveResponseRequested: Bool, primary: [UInt8], secondary: [UInt8]) {
    self.type = type
    self.positiveResponseRequested = positiveResponseRequested
    self.primary = primary
    self.secondary = secondary
  }
}

/// A-ASSOCIATE-RJ (PS3.8 §9.3.4).
public struct AssociateReject: Equatable, Sendable {
  /// 1 permanent, 2 transient.
  public var result: UInt8
  /// 1 service user, 2 provider (ACSE), 3 provider (presentation).
  public var source: UInt8
  public var reason: UInt8

  public init(result: UInt8, source: UInt8, reason: UInt8) {
    self.result = result
    self.source = source
    self.reason = reason
  }

  public var isTransient: Bool { result == 2 }

  public static let noReason = AssociateReject(result: 1, source: 1, reason: 1)
  public static let applicationContextNotSupported = AssociateReject(result: 1, source: 1, reason: 2)
  public static let callingAENotRecognized = AssociateReject(result: 1, source: 1, reason: 3)
  public static let calledAENotRecognized = AssociateReject(result: 1, source: 1, reason: 7)
  public static let malformed = AssociateReject(result: 1, source: 2, reason: 1)
  public static let protocolVersionNotSupported = AssociateReject(result: 1, source: 2, reason: 2)
  public static let temporaryCongestion = AssociateReject(result: 2, source: 3, reason: 1)
  public static let localLimitExceeded = AssociateReject(result: 2, source: 3, reason: 2)
}

/// A-ABORT (PS3.8 §9.3.8).
public struct Abort: Equatable, Sendable {
  /// 0 service user, 2 service provider.
  public var source: UInt8
  public var reason: UInt8

  public init(source: UInt8, reason: UInt8) {
    self.source = source
    self.reason = reason
  }

  public static let serviceUser = Abort(source: 0, reason: 0)
  public static let notSpecified = Abort(source: 2, reason: 0)
  public static let unrecognizedPDU = Abort(source: 2, reason: 1)
  public static let unexpectedPDU = Abort(source: 2, reason: 2)
  public static let unrecognizedParameter = Abort(source: 2, reason: 4)
  public static let unexpectedParameter = Abort(source: 2, reason: 5)
  public static let invalidParameterValue = Abort(source: 2, reason: 6)
}
