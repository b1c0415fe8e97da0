import DICOM
import Testing

struct IdentifierTests {
  static let uids: [(String, Bool)] = [
    ("1.2.840.10008.1.1", true), ("1", true), ("1.02.3", true), (String(repeating: "1", count: 64), true),
    (String(repeating: "1", count: 65), false), ("", false), (".", false), ("..", false), ("1.", false),
    ("1..2", false), (".1", false), ("1.2/../3", false), ("1.2\0", false), ("1.2\n", false), ("%s", false),
  ]

  @Test("A UID is digits between dots", arguments: uids)
  func uid(text: String, isValid: Bool) {
    #expect(UID(text).isValid == isValid)
  }

  @Test("An AE title is up to 16 printable characters without padding")
  func title() {
    #expect(AETitle(" CT1 \0") == "CT1")
    #expect(AETitle("1234567890123456").isValid)
    #expect(!AETitle("12345678901234567").isValid)
    #expect(!AETitle("  ").isValid)
    #expect(!AETitle(#"A\B"#).isValid)
    #expect(!AETitle("A\nB").isValid)
  }

  @Test("Tags sort by group and element, and are written in hexadecimal")
  func tag() {
    #expect(Tag(0x0008, 0xFFFF) < Tag(0x0010, 0x0000))
    #expect(Tag(0x7FE0, 0x0010).description == "(7FE0,0010)")
    #expect(Tag(0x0009, 0x0010).isPrivate)
  }
}
