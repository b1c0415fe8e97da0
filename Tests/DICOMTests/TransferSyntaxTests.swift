import DICOM
import Testing

struct TransferSyntaxTests {
  static let known: [(String, Bool, Bool, Bool, Bool, Bool)] = [
    // UID, explicit VR, big endian, deflated, encapsulated, native
    ("1.2.840.10008.1.2", false, false, false, false, true),
    ("1.2.840.10008.1.2.1", true, false, false, false, true),
    ("1.2.840.10008.1.2.2", true, true, false, false, true),
    ("1.2.840.10008.1.2.1.99", true, false, true, false, true),
    ("1.2.840.10008.1.2.1.98", true, false, false, true, false),
    ("1.2.840.10008.1.2.4.50", true, false, false, true, false),
    ("1.2.840.10008.1.2.4.106.1", true, false, false, true, false),
    ("1.2.840.10008.1.2.4.112", true, false, false, true, false),
    ("1.2.840.10008.1.2.5", true, false, false, true, false),
    ("1.2.840.10008.1.2.8.1", true, false, false, true, false),
    ("1.2.840.10008.1.2.4.94", true, false, false, false, false),
    ("1.2.840.10008.1.2.4.95", true, false, true, false, false),
    ("1.2.840.10008.1.2.4.205", true, false, true, false, false),
    ("1.2.840.10008.1.20", false, false, false, false, false),
    ("1.2.840.113619.5.2", false, false, false, false, false),
  ]

  @Test("What each tells of its data sets", arguments: known)
  func facts(uid: String, explicit: Bool, bigEndian: Bool, deflated: Bool, encapsulated: Bool, native: Bool) {
    let syntax = TransferSyntax(UID(uid))
    #expect(syntax.isKnown)
    #expect(syntax.isExplicitVR == explicit)
    #expect(syntax.isBigEndian == bigEndian)
    #expect(syntax.isDeflated == deflated)
    #expect(syntax.isEncapsulated == encapsulated)
    #expect(syntax.isNative == native)
  }

  @Test("An unknown one is explicit little endian")
  func unknown() {
    let syntax = TransferSyntax("1.2.3.4")
    #expect(!syntax.isKnown && syntax.isExplicitVR && !syntax.isEncapsulated && !syntax.isNative)
    #expect(syntax.name == nil)
    #expect(syntax.description == "1.2.3.4")
    #expect(!TransferSyntax(SOPClass.storageCommitmentPushModel).isKnown)
  }

  static let keywords: [(String, String)] = [
    ("JPEGBaseline8Bit", "1.2.840.10008.1.2.4.50"), ("JPEGLosslessSV1", "1.2.840.10008.1.2.4.70"),
    ("JPEG2000Lossless", "1.2.840.10008.1.2.4.90"), ("JPEGXL", "1.2.840.10008.1.2.4.112"),
    ("DeflatedImageFrameCompression", "1.2.840.10008.1.2.8.1"), ("RLELossless", "1.2.840.10008.1.2.5"),
    ("ImplicitVRLittleEndian", "1.2.840.10008.1.2"), ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1"),
    ("1.2.276.0.7230010.3", "1.2.276.0.7230010.3"),
  ]

  @Test("Keywords are those of PS3.6", arguments: keywords)
  func names(text: String, uid: String) {
    #expect(TransferSyntax.named(text)?.uid.rawValue == uid)
  }

  @Test("Other words and UIDs name none", arguments: ["JPEG", "", "CTImageStorage", "1.2.840.10008.1.1", "1..2"])
  func noName(text: String) {
    #expect(TransferSyntax.named(text) == nil)
  }

  @Test("All of the standard's table are there")
  func table() {
    let root = "1.2.840.10008.1.2."
    let last = ["1", "1.98", "1.99", "2", "5", "6.1", "6.2", "7.1", "7.2", "7.3", "8.1"]
    let jpeg = (50...66).map { "4.\($0)" } + ["4.70", "4.80", "4.81"] + (90...95).map { "4.\($0)" }
    let video = (100...108).map { "4.\($0)" } + (100...106).map { "4.\($0).1" }
    let newer = ["4.110", "4.111", "4.112"] + (201...205).map { "4.\($0)" }
    for suffix in last + jpeg + video + newer {
      #expect(TransferSyntax(UID(root + suffix)).isKnown, "\(suffix)")
    }
  }
}
