/// How a data set is encoded (PS3.5 §10, PS3.6 Table A-1): byte order, VRs, and the form of its pixel data.
///
/// Any UID can be one. An unknown one is taken to be Explicit VR Little Endian, as all since 1999 have been.
public struct TransferSyntax: Hashable, Sendable, CustomStringConvertible {
  public let uid: UID

  public init(_ uid: UID) { self.uid = uid }

  /// The transfer syntax that a PS3.6 keyword such as `JPEGBaseline8Bit`, or a UID, names; nil for an unknown
  /// keyword, or something that is not a transfer syntax.
  public static func named(_ keywordOrUID: String) -> TransferSyntax? {
    if let entry = UIDDictionary.entry(keyword: keywordOrUID) {
      return entry.kind == .transferSyntax ? TransferSyntax(entry.uid) : nil
    }
    let uid = UID(keywordOrUID)
    guard uid.isValid, UIDDictionary.entry(of: uid).map({ $0.kind == .transferSyntax }) ?? true else { return nil }
    return TransferSyntax(uid)
  }

  /// Default of DICOM (PS3.5 §A.1).
  public static let implicitLittleEndian = TransferSyntax("1.2.840.10008.1.2")
  /// PS3.5 §A.2.
  public static let explicitLittleEndian = TransferSyntax("1.2.840.10008.1.2.1")
  /// Retired, still met (PS3.5 2016b §A.3).
  public static let explicitBigEndian = TransferSyntax("1.2.840.10008.1.2.2")
  /// The whole data set is one stream of RFC 1951 (PS3.5 §A.5).
  public static let deflatedExplicitLittleEndian = TransferSyntax("1.2.840.10008.1.2.1.99")
  /// PS3.5 §A.4.11.
  public static let encapsulatedUncompressed = TransferSyntax("1.2.840.10008.1.2.1.98")
  /// PS3.5 §A.4.2.
  public static let rleLossless = TransferSyntax("1.2.840.10008.1.2.5")
  /// PS3.5 §A.4.1.
  public static let jpegBaseline8Bit = TransferSyntax("1.2.840.10008.1.2.4.50")
  /// PS3.5 §A.4.1.
  public static let jpegLosslessSV1 = TransferSyntax("1.2.840.10008.1.2.4.70")
  /// PS3.5 §A.4.4.
  public static let jpeg2000Lossless = TransferSyntax("1.2.840.10008.1.2.4.90")
  /// PS3.5 §A.4.4.
  public static let jpeg2000 = TransferSyntax("1.2.840.10008.1.2.4.91")
  /// GE's own: Implicit VR Little Endian with big endian pixel data, to be passed through only.
  public static let gePrivate = TransferSyntax("1.2.840.113619.5.2")
  /// Implicit VR, retired. Its UID begins like those of storage commitment.
  public static let papyrus3 = TransferSyntax("1.2.840.10008.1.20")

  /// PS3.6's name, nil for an unknown one.
  public var name: String? {
    isGEPrivate ? "GE Private Implicit VR Little Endian with Big Endian Pixel Data" : entry?.name
  }

  /// PS3.6's keyword, nil for an unknown one.
  public var keyword: String? { entry?.keyword }

  public var description: String { name ?? uid.rawValue }

  /// Whether PS3.6 registers it, or it is GE's.
  public var isKnown: Bool { isGEPrivate || entry != nil }

  public var isGEPrivate: Bool { self == .gePrivate }

  /// Whether headers carry a VR.
  public var isExplicitVR: Bool { self != .implicitLittleEndian && !isGEPrivate && self != .papyrus3 }

  /// Whether tags, lengths and numbers have their high byte first.
  public var isBigEndian: Bool { self == .explicitBigEndian }

  /// Whether the data set as a whole is compressed: Deflated, and the deflated forms of JPIP.
  public var isDeflated: Bool {
    self == .deflatedExplicitLittleEndian || TransferSyntax.deflatedReferences.contains(uid.rawValue)
  }

  /// Whether pixel data is a sequence of compressed or wrapped fragments (PS3.5 §A.4); false for an unknown one.
  public var isEncapsulated: Bool {
    let uid = uid.rawValue
    if self == .rleLossless || self == .encapsulatedUncompressed || uid == "1.2.840.10008.1.2.8.1" { return true }
    return isKnown && uid.hasPrefix("1.2.840.10008.1.2.4.") && !isReferenced
  }

  /// Whether pixel data is fetched from elsewhere with JPIP (PS3.5 §A.6 to §A.9).
  public var isReferenced: Bool {
    TransferSyntax.references.contains(uid.rawValue) || TransferSyntax.deflatedReferences.contains(uid.rawValue)
  }

  /// Whether pixel data is plain numbers, so that the data set can be re-encoded as another such one.
  public var isNative: Bool {
    switch self {
    case .implicitLittleEndian, .explicitLittleEndian, .explicitBigEndian, .deflatedExplicitLittleEndian: true
    default: false
    }
  }

  private var entry: UIDDictionary.Entry? {
    UIDDictionary.entry(of: uid).flatMap { $0.kind == .transferSyntax ? $0 : nil }
  }

  private static let references: Set = ["1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.204"]
  private static let deflatedReferences: Set = ["1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"]
}
