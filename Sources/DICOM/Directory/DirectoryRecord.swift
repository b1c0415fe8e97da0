/// A record of a DICOMDIR: a patient, study, series or instance with what belongs to it (PS3.3 §F.3).
public struct DirectoryRecord: Hashable, Sendable {
  /// (0004,1430), e.g. `IMAGE`.
  public var type: String
  /// The attributes by which it is found (PS3.3 §F.5).
  public var keys: DataSet
  /// The file that it stands for; nil for what has none.
  public var file: ReferencedFile?
  /// The records of the level below.
  public var children: [DirectoryRecord]

  /// A file of the file-set.
  public struct ReferencedFile: Hashable, Sendable {
    /// (0004,1500): one to eight components of one to eight characters of `A-Z`, `0-9` and `_` (PS3.10 §8.2).
    public var id: [String]
    public var sop: SOPInstance
    public var transferSyntax: TransferSyntax

    public init(id: [String], sop: SOPInstance, transferSyntax: TransferSyntax) {
      self.id = id
      self.sop = sop
      self.transferSyntax = transferSyntax
    }
  }

  public init(type: String, keys: DataSet, file: ReferencedFile? = nil, children: [DirectoryRecord] = []) {
    self.type = type
    self.keys = keys
    self.file = file
    self.children = children
  }

  /// Its item in the sequence of records, which has the same length whatever the offsets are.
  func item(next: UInt32, lower: UInt32) -> DataSet {
    var item = keys
    item.set(DataElement(.offsetOfNextRecord, unsignedLong: next))
    item.set(DataElement(.recordInUseFlag, unsignedShort: 0xFFFF))
    item.set(DataElement(.offsetOfLowerLevel, unsignedLong: lower))
    item.set(DataElement(.directoryRecordType, .cs, text: type))
    if let file {
      item.set(DataElement(.referencedFileID, .cs, text: file.id.joined(separator: "\\")))
      item.set(DataElement(.referencedSOPClassUIDInFile, uid: file.sop.classUID))
      item.set(DataElement(.referencedSOPInstanceUIDInFile, uid: file.sop.instanceUID))
      item.set(DataElement(.referencedTransferSyntaxUIDInFile, uid: file.transferSyntax.uid))
    }
    return item
  }
}

extension Tag {
  static let fileSetID = Tag(0x0004, 0x1130)
  static let offsetOfFirstRecord = Tag(0x0004, 0x1200)
  static let offsetOfLastRecord = Tag(0x0004, 0x1202)
  static let fileSetConsistencyFlag = Tag(0x0004, 0x1212)
  static let directoryRecordSequence = Tag(0x0004, 0x1220)
  static let offsetOfNextRecord = Tag(0x0004, 0x1400)
  static let recordInUseFlag = Tag(0x0004, 0x1410)
  static let offsetOfLowerLevel = Tag(0x0004, 0x1420)
  static let directoryRecordType = Tag(0x0004, 0x1430)
  static let privateRecordUID = Tag(0x0004, 0x1432)
  static let referencedFileID = Tag(0x0004, 0x1500)
  static let referencedSOPClassUIDInFile = Tag(0x0004, 0x1510)
  static let referencedSOPInstanceUIDInFile = Tag(0x0004, 0x1511)
  static let referencedTransferSyntaxUIDInFile = Tag(0x0004, 0x1512)
}

extension DataElement {
  init(_ tag: Tag, unsignedLong: UInt32) {
    self.init(tag, .ul, .bytes(ElementEncoding.explicitLittleEndian.bytes(unsignedLong)))
  }
}
