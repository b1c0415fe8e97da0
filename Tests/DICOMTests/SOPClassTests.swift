import DICOM
import Testing

struct SOPClassTests {
  @Test("Every registered class is storage exactly if its keyword says so")
  func registered() {
    // Their names say storage, or do not, and they are the other thing.
    let misnamed = [
      "StorageCommitmentPushModel", "StorageCommitmentPullModel", "MediaStorageDirectoryStorage",
    ]
    for entry in UIDDictionary.entries {
      let storage = entry.kind == .sopClass && entry.keyword.contains("Storage") && !misnamed.contains(entry.keyword)
      #expect(SOPClass.isStorage(entry.uid) == storage, "\(entry.keyword) \(entry.uid)")
    }
  }

  static let unregistered: [(String, Bool)] = [
    ("1.2.840.10008.5.1.4.1.1.999", true), ("1.2.276.0.7230010.3.1.0.1", true), ("1.2.840.113619.4.26", true),
    ("1.3.12.2.1107.5.9.1", true), ("1.2.840.10008.5.1.4.1.2.9.9", false), ("1.2.840.10008.5.1.1.99", false),
    ("1.2.840.10008.3.1.2.9", false), ("1.2.840.10008.5.1.4.34.6.9", false), ("1.2.840.10008.1.2.1", false),
    ("1.2.840.10008.1.20.1.1", false), ("1.2.840.10008.5.1.4.1.1.201.4", false),
    ("1.2.840.10008.5.1.4.1.1.200.4", false), ("1.2.840.10008.5.1.4.1.1.200.3", true),
  ]

  @Test("Unknown classes are storage unless their family serves something else", arguments: unregistered)
  func unknown(uid: String, isStorage: Bool) {
    #expect(SOPClass.isStorage(UID(uid)) == isStorage)
  }

  @Test("Classes have names")
  func names() {
    #expect(SOPClass.named("CTImageStorage") == "1.2.840.10008.5.1.4.1.1.2")
    #expect(SOPClass.named("Verification") == SOPClass.verification)
    #expect(SOPClass.named("1.2.3") == "1.2.3")
    #expect(SOPClass.named("CT") == nil)
    #expect(SOPClass.named("ImplicitVRLittleEndian") == nil)
    #expect(SOPClass.keyword(of: "1.2.840.10008.5.1.4.1.1.4") == "MRImageStorage")
    #expect(SOPClass.keyword(of: "1.2.840.10008.1.2") == nil)
    #expect(SOPClass.keyword(of: SOPClass.storageCommitmentPushModel) == "StorageCommitmentPushModel")
  }
}
