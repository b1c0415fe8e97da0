import Testing

@testable import DICOM

struct VRTests {
  @Test("The long form is that of PS3.5 Table 7.1-1")
  func longForm() {
    let long = VR.allCases.filter(\.isLongForm).map(\.rawValue)
    #expect(long == ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"])
  }

  @Test("There are the 34 of PS3.5 Table 6.2-1, each found by its letters", arguments: VR.allCases)
  func letters(vr: VR) {
    let letters = Array(vr.rawValue.utf8)
    #expect(VR(letters[0], letters[1]) == vr)
    #expect(VR.allCases.count == 34)
  }

  @Test(
    "Other bytes are no VR",
    arguments: [[0, 0], [0x20, 0x20], [0x3F, 0x3F], [0x4F, 0x58], [0x63, 0x73], [0xFF, 0xFF]])
  func noVR(bytes: [UInt8]) {
    #expect(VR(bytes[0], bytes[1]) == nil)
  }

  @Test("Padding is a space for text, NUL for UIDs and bytes")
  func padding() {
    #expect(VR.lo.padding == 0x20)
    #expect(VR.ui.padding == 0)
    #expect(VR.ob.padding == 0)
    #expect(VR.un.padding == 0)
  }

  @Test("A backslash is a character in the long texts and in UR")
  func multiplicity() {
    #expect(VR.allCases.filter { $0.isText && !$0.isMultiValued } == [.lt, .st, .ur, .ut])
  }
}
