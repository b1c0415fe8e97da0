/// The status of a DIMSE response (0000,0900), judged by range (PS3.7 Annex C).
public struct Status: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public var rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// What a status means for the operation.
  public enum Category: Sendable, CaseIterable {
    case success
    case warning
    case failure
    case cancel
    case pending
  }

  /// Values that the standard does not allow count as failures.
  public var category: Category {
    switch rawValue {
    case 0x0000: .success
    case 0x0001, 0x0107, 0x0116, 0xB000...0xBFFF: .warning
    case 0xFE00: .cancel
    case 0xFF00, 0xFF01: .pending
    default: .failure
    }
  }

  /// Whether the operation was done: success or warning.
  public var isDone: Bool { category == .success || category == .warning }

  /// Four upper-case hexadecimal digits and `H`, as in the standard: `A700H`.
  public var description: String {
    let digits = String(rawValue, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits + "H"
  }
}

/// PS3.7 Annex C.
extension Status {
  public static let success = Status(rawValue: 0x0000)
  public static let noSuchAttribute = Status(rawValue: 0x0105)
  public static let invalidAttributeValue = Status(rawValue: 0x0106)
  public static let attributeListError = Status(rawValue: 0x0107)
  public static let processingFailure = Status(rawValue: 0x0110)
  public static let duplicateSOPInstance = Status(rawValue: 0x0111)
  public static let noSuchSOPInstance = Status(rawValue: 0x0112)
  public static let noSuchEventType = Status(rawValue: 0x0113)
  public static let noSuchArgument = Status(rawValue: 0x0114)
  public static let invalidArgumentValue = Status(rawValue: 0x0115)
  public static let attributeValueOutOfRange = Status(rawValue: 0x0116)
  public static let invalidSOPInstance = Status(rawValue: 0x0117)
  public static let noSuchSOPClass = Status(rawValue: 0x0118)
  public static let classInstanceConflict = Status(rawValue: 0x0119)
  public static let missingAttribute = Status(rawValue: 0x0120)
  public static let missingAttributeValue = Status(rawValue: 0x0121)
  public static let sopClassNotSupported = Status(rawValue: 0x0122)
  public static let noSuchActionType = Status(rawValue: 0x0123)
  public static let notAuthorized = Status(rawValue: 0x0124)
  public static let duplicateInvocation = Status(rawValue: 0x0210)
  public static let unrecognizedOperation = Status(rawValue: 0x0211)
  public static let mistypedArgument = Status(rawValue: 0x0212)
  public static let resourceLimitation = Status(rawValue: 0x0213)
  public static let cancel = Status(rawValue: 0xFE00)
  public static let pending = Status(rawValue: 0xFF00)
  /// A match, although a key of the query was not supported (PS3.4 Table C.4-1).
  public static let pendingWithWarning = Status(rawValue: 0xFF01)
}

/// C-STORE (PS3.4 Table B.2-1).
extension Status {
  public static let coercionOfDataElements = Status(rawValue: 0xB000)
  public static let elementsDiscarded = Status(rawValue: 0xB006)
  public static let dataSetDoesNotMatchSOPClassWarning = Status(rawValue: 0xB007)
  public static let outOfResources = Status(rawValue: 0xA700)
  public static let dataSetDoesNotMatchSOPClass = Status(rawValue: 0xA900)
  public static let cannotUnderstand = Status(rawValue: 0xC000)
}
