import DICOM
import Testing

struct RegistryTests {
  static let registered: [(String, Tag, VR)] = [
    ("PatientName", Tag(0x0010, 0x0010), VR.pn), ("Rows", Tag(0x0028, 0x0010), .us),
    ("StudyInstanceUID", .studyInstanceUID, .ui), ("FailureReason", .failureReason, .us),
    ("ReferencedSOPSequence", .referencedSOPSequence, .sq), ("PixelData", .pixelData, .ow),
    ("SmallestImagePixelValue", Tag(0x0028, 0x0106), .us), ("LUTData", Tag(0x0028, 0x3006), .ow),
    ("OverlayRows", Tag(0x6000, 0x0010), .us), ("TransferSyntaxUID", Tag(0x0002, 0x0010), .ui),
    ("ExtendedOffsetTable", Tag(0x7FE0, 0x0001), .ov),
  ]

  @Test("Keyword, tag and VR belong together", arguments: registered)
  func element(keyword: String, tag: Tag, vr: VR) {
    #expect(DataDictionary.tag(keyword: keyword) == tag)
    #expect(DataDictionary.keyword(of: tag) == keyword)
    #expect(DataDictionary.vr(of: tag) == vr)
  }

  static let repetitions: [(Tag, String)] = [
    (Tag(0x6002, 0x0010), "OverlayRows"), (Tag(0x60FE, 0x3000), "OverlayData"),
    (Tag(0x501E, 0x0005), "CurveDimensions"),
    (Tag(0x0020, 0x3104), "SourceImageIDs"), (Tag(0x1000, 0x0122), "HuffmanTableSize"),
  ]

  @Test("Repeating groups are found at every place", arguments: repetitions)
  func repeating(tag: Tag, keyword: String) {
    #expect(DataDictionary.keyword(of: tag) == keyword)
  }

  @Test("Private and unknown tags are in nobody's registry, but creators and group lengths have a VR")
  func unregistered() {
    #expect(DataDictionary.keyword(of: Tag(0x6001, 0x0010)) == nil)
    #expect(DataDictionary.vr(of: Tag(0x0009, 0x1001)) == nil)
    #expect(DataDictionary.vr(of: Tag(0x0008, 0x7777)) == nil)
    #expect(DataDictionary.vr(of: Tag(0x0009, 0x0010)) == .lo)
    #expect(DataDictionary.vr(of: Tag(0x0009, 0x0000)) == .ul)
    #expect(DataDictionary.tag(keyword: "PatientsName") == nil)
  }

  @Test("A choice of VRs is kept")
  func choices() {
    #expect(DataDictionary.vrs(of: Tag(0x0028, 0x0106)) == [.us, .ss])
    #expect(DataDictionary.vrs(of: .pixelData) == [.ow, .ob])
  }

  @Test("Well-known tags have the keywords they are called by")
  func namedTags() {
    #expect(DataDictionary.keyword(of: .issuerOfPatientID) == "IssuerOfPatientID")
    #expect(DataDictionary.keyword(of: .storageMediaFileSetUID) == "StorageMediaFileSetUID")
    #expect(DataDictionary.keyword(of: .failedSOPSequence) == "FailedSOPSequence")
    #expect(DataDictionary.keyword(of: .transactionUID) == "TransactionUID")
    #expect(DataDictionary.keyword(of: .bodyPartExamined) == "BodyPartExamined")
  }

  @Test("UIDs are unique, and found by keyword")
  func uids() {
    let entries = UIDDictionary.entries
    #expect(Set(entries.map(\.uid)).count == entries.count)
    #expect(Set(entries.map(\.keyword)).count == entries.count)
    #expect(UIDDictionary.entry(keyword: "CTImageStorage")?.name == "CT Image Storage")
  }
}
