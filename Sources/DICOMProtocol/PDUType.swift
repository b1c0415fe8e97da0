/// The first byte of a PDU (PS3.8 §9.3.1).
enum PDUType: UInt8, CustomStringConvertible {
  case associateRequest = 0x01
  case associateAccept = 0x02
  case associateReject = 0x03
  case data = 0x04
  case releaseRequest = 0x05
  case releaseResponse = 0x06
  case abort = 0x07

  /// Type, reserved byte, length.
  static let headerLength = 6

  var description: String {
    switch self {
    case .associateRequest: "A-ASSOCIATE-RQ"
    case .associateAccept: "A-ASSOCIATE-AC"
    case .associateReject: "A-ASSOCIATE-RJ"
    case .data: "P-DATA-TF"
    case .releaseRequest: "A-RELEASE-RQ"
    case .releaseResponse: "A-RELEASE-RP"
    case .abort: "A-ABORT"
    }
  }
}

/// The type bytes of items and sub-items (PS3.8 §9.3.2, PS3.7 §D.3.3).
enum ItemType {
  static let applicationContext: UInt8 = 0x10
  static let proposedContext: UInt8 = 0x20
  static let contextResult: UInt8 = 0x21
  static let abstractSyntax: UInt8 = 0x30
  static let transferSyntax: UInt8 = 0x40
  static let userInformation: UInt8 = 0x50
  static let maximumLength: UInt8 = 0x51
  static let implementationClassUID: UInt8 = 0x52
  static let asynchronousOperations: UInt8 = 0x53
  static let roleSelection: UInt8 = 0x54
  static let implementationVersionName: UInt8 = 0x55
  static let extendedNegotiation: UInt8 = 0x56
  static let commonExtendedNegotiation: UInt8 = 0x57
  static let userIdentity: UInt8 = 0x58
}
