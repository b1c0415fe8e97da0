/// The File Meta Information of a DICOM file (PS3.10 §7.1), which tells what the data set behind it is.
public struct FileMeta: Hashable, Sendable {
  /// (0002,0002); nil in a file that lacks it.
  public var sopClassUID: UID?
  /// (0002,0003); nil in a file that lacks it.
  public var sopInstanceUID: UID?
  /// (0002,0010).
  public var transferSyntax: TransferSyntax
  /// (0002,0012).
  public var implementationClassUID: UID?
  /// (0002,0013), at most 16 characters.
  public var implementationVersionName: String?
  /// (0002,0016): who wrote the content.
  public var sourceAE: AETitle?
  /// (0002,0017): who sent it.
  public var sendingAE: AETitle?
  /// (0002,0018): who received it.
  public var receivingAE: AETitle?
  public var privateInformation: PrivateInformation?

  /// (0002,0100) and (0002,0102): bytes that mean something to their creator.
  public struct PrivateInformation: Hashable, Sendable {
    public var creator: UID
    public var value: [UInt8]

    public init(creator: UID, value: [UInt8]) {
      self.creator = creator
      self.value = value
    }
  }

  public init(
    sopInstance: SOPInstance, transferSyntax: TransferSyntax, implementationClassUID: UID? = nil,
    implementationVersionName: String? = nil, sourceAE: AETitle? = nil, sendingAE: AETitle? = nil,
    receivingAE: AETitle? = nil, privateInformation: PrivateInformation? = nil
  ) {
    sopClassUID = sopInstance.classUID
    sopInstanceUID = sopInstance.instanceUID
    self.transferSyntax = transferSyntax
    self.implementationClassUID = implementationClassUID
    self.implementationVersionName = implementationVersionName
    self.sourceAE = sourceAE
    self.sendingAE = sendingAE
    self.receivingAE = receivingAE
    self.privateInformation = privateInformation
  }

  /// Class and instance, if the file names both.
  public var sopInstance: SOPInstance? {
    guard let sopClassUID, let sopInstanceUID else { return nil }
    return SOPInstance(classUID: sopClassUID, instanceUID: sopInstanceUID)
  }
}

extension FileMeta {
  /// Preamble, `DICM`, and the group number that must follow.
  static let signatureEnd = 134

  /// Where the elements of group 0002 start.
  static let elementsStart = 132

  /// Whether at least 134 bytes begin as a DICOM file does.
  static func hasSignature(_ bytes: some RandomAccessCollection<UInt8>) -> Bool {
    bytes.count >= signatureEnd
      && bytes.dropFirst(elementsStart - 4).prefix(6).elementsEqual([0x44, 0x49, 0x43, 0x4D, 2, 0])
  }
}

extension Tag {
  static let fileMetaGroupLength = Tag(0x0002, 0x0000)
  static let fileMetaVersion = Tag(0x0002, 0x0001)
  static let mediaStorageSOPClassUID = Tag(0x0002, 0x0002)
  static let mediaStorageSOPInstanceUID = Tag(0x0002, 0x0003)
  static let transferSyntaxUID = Tag(0x0002, 0x0010)
  static let implementationClassUID = Tag(0x0002, 0x0012)
  static let implementationVersionName = Tag(0x0002, 0x0013)
  static let sourceApplicationEntityTitle = Tag(0x0002, 0x0016)
  static let sendingApplicationEntityTitle = Tag(0x0002, 0x0017)
  static let receivingApplicationEntityTitle = Tag(0x0002, 0x0018)
  static let privateInformationCreatorUID = Tag(0x0002, 0x0100)
  static let privateInformation = Tag(0x0002, 0x0102)
}
