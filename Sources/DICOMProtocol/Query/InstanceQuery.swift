public import DICOM

/// The identifier of a C-FIND-RQ that asks which of some instances are there (PS3.4 §C.4.1.1.3, IMAGE level).
public struct InstanceQuery: Equatable, Sendable {
  /// What is asked for: as one value, or as a list of UIDs (PS3.4 §C.2.2.2.2).
  public var sopInstanceUIDs: [UID]
  /// The unique keys of the levels above; hierarchical queries need both (PS3.4 §C.4.1.2.1).
  public var studyInstanceUID: UID?
  public var seriesInstanceUID: UID?

  /// The bytes that a list of UIDs may have: the length of a value of VR UI has two bytes.
  public static let maximumListLength = 0xFFFE

  public init(sopInstanceUIDs: [UID], studyInstanceUID: UID? = nil, seriesInstanceUID: UID? = nil) {
    self.sopInstanceUIDs = sopInstanceUIDs
    self.studyInstanceUID = studyInstanceUID
    self.seriesInstanceUID = seriesInstanceUID
  }

  /// The identifier, which asks for the class of each match as well.
  public var dataSet: DataSet {
    var dataSet = DataSet([
      DataElement(.queryRetrieveLevel, .cs, text: "IMAGE"), DataElement(.sopClassUID, .ui, text: ""),
      DataElement(.sopInstanceUID, .ui, text: sopInstanceUIDs.map(\.rawValue).joined(separator: "\\")),
    ])
    if let studyInstanceUID { dataSet.set(DataElement(.studyInstanceUID, uid: studyInstanceUID)) }
    if let seriesInstanceUID { dataSet.set(DataElement(.seriesInstanceUID, uid: seriesInstanceUID)) }
    return dataSet
  }

  public func encoded(transferSyntax: UID) -> [UInt8] { dataSet.encoded(as: TransferSyntax(transferSyntax)) }
}
