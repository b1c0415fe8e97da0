import DICOM
import EscrowTesting
import Testing

/// The directory of a file-set (PS3.3 Annex F).
@Suite struct MediaDirectoryTests {
  private static let (first, last) = (Tag(0x0004, 0x1200), Tag(0x0004, 0x1202))
  private static let (next, lower) = (Tag(0x0004, 0x1400), Tag(0x0004, 0x1420))
  private static let (records, type, fileID) = (Tag(0x0004, 0x1220), Tag(0x0004, 0x1430), Tag(0x0004, 0x1500))

  private static func image(_ number: Int, _ modality: SampleInstance.Modality = .ct) -> DirectoryRecord {
    let sample = SampleInstance(modality: modality, seed: UInt64(number))
    return .instance(
      sample.content, number: number,
      file: .init(id: ["DICOM", "IM\(number)"], sop: sample.sop, transferSyntax: sample.transferSyntax))
  }

  private static func directory() -> MediaDirectory {
    let sample = SampleInstance()
    let series = [
      DirectoryRecord.series(sample.content, number: 1, children: [image(1), image(2)]),
      DirectoryRecord.series(sample.content, number: 2, children: [image(3, .sr)]),
    ]
    return MediaDirectory(
      records: [.patient(sample.content, children: [.study(sample.content, children: series)])], fileSetID: "STUDY")
  }

  private static let meta = FileMeta(
    sopInstance: SOPInstance(classUID: MediaDirectory.sopClassUID, instanceUID: "2.25.7"),
    transferSyntax: .explicitLittleEndian)

  private static func offset(_ dataSet: DataSet, _ tag: Tag) -> Int { dataSet.text(tag).flatMap(Int.init) ?? -1 }

  /// The item that begins at `offset` of the file.
  private static func item(at offset: Int, of file: [UInt8]) throws -> DataSet {
    #expect(Array(file[offset..<offset + 4]) == [0xFE, 0xFF, 0x00, 0xE0], "an item begins at \(offset)")
    let length = (0..<4).reduce(0) { $0 | Int(file[offset + 4 + $1]) << (8 * $1) }
    return try DataSet(decoding: Array(file[offset + 8..<offset + 8 + length]), as: .explicitLittleEndian)
  }

  /// The types of a level's records, following the offsets, each with those below it.
  private static func tree(_ offset: Int, of file: [UInt8]) throws -> String {
    var (texts, position) = ([String](), offset)
    while position != 0 {
      let item = try item(at: position, of: file)
      let below = try tree(Self.offset(item, lower), of: file)
      texts.append((item.text(type) ?? "?") + (below.isEmpty ? "" : "(\(below))"))
      position = Self.offset(item, next)
    }
    return texts.joined(separator: " ")
  }

  @Test func offsetsLeadFromRecordToRecord() throws {
    let file = Self.directory().encoded(Self.meta)
    let head = Self.meta.encoded().bytes.count
    let dataSet = try DataSet(decoding: Array(file[head...]), as: .explicitLittleEndian)
    #expect(Self.offset(dataSet, Self.first) == Self.offset(dataSet, Self.last))
    let tree = try Self.tree(Self.offset(dataSet, Self.first), of: file)
    #expect(tree == "PATIENT(STUDY(SERIES(IMAGE IMAGE) SERIES(SR DOCUMENT)))")
    let items = try #require(dataSet.items(Self.records))
    #expect(items.compactMap { $0.strings(Self.fileID) } == [["DICOM", "IM1"], ["DICOM", "IM2"], ["DICOM", "IM3"]])
  }

  @Test func anEmptyDirectoryHasNoOffsets() throws {
    let file = MediaDirectory(records: []).encoded(Self.meta)
    let dataSet = try DataSet(
      decoding: Array(file[Self.meta.encoded().bytes.count...]), as: .explicitLittleEndian)
    #expect(Self.offset(dataSet, Self.first) == 0 && Self.offset(dataSet, Self.last) == 0)
    #expect(dataSet.items(Self.records) == [])
  }

  @Test(arguments: [
    ("1.2.840.10008.5.1.4.1.1.88.59", "KEY OBJECT DOC"), ("1.2.840.10008.5.1.4.1.1.88.67", "SR DOCUMENT"),
    ("1.2.840.10008.5.1.4.1.1.11.1", "PRESENTATION"), ("1.2.840.10008.5.1.4.1.1.9.1.1", "WAVEFORM"),
    ("1.2.840.10008.5.1.4.1.1.104.1", "ENCAP DOC"), ("1.2.840.10008.5.1.4.1.1.481.3", "RT STRUCTURE SET"),
    ("1.2.840.10008.5.1.4.1.1.481.1", "IMAGE"), ("1.2.840.10008.5.1.4.1.1.66", "RAW DATA"),
    ("1.2.840.10008.5.1.4.1.1.66.4", "IMAGE"), ("1.2.840.113619.4.30", "PRIVATE"),
  ])
  func aRecordIsOfTheKindOfItsClass(classUID: String, type: String) throws {
    let sop = SOPInstance(classUID: UID(classUID), instanceUID: "1.2.3")
    let file = DirectoryRecord.ReferencedFile(id: ["A"], sop: sop, transferSyntax: .explicitLittleEndian)
    let record = DirectoryRecord.instance(DataSet(), number: 4, file: file)
    #expect(record.type == type)
    #expect(record.keys.text(.instanceNumber) == "4")
  }

  @Test func whatMustHaveAValueHasOne() {
    let study = DirectoryRecord.study(DataSet([DataElement(.studyDate, .da, text: "")]), children: [])
    #expect(study.keys.text(.studyDate) == "19000101")
    #expect(study.keys[.accessionNumber] != nil && study.keys[.studyInstanceUID] == nil)
  }
}
