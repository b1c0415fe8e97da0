import DICOM
import Testing

struct HeaderValuesTests {
  static let texts: [(Tag, String, [String])] = [
    (Tag.modality, "CT ", ["CT"]),
    (.modality, " CT ", ["CT"]),
    (.imageType, #"ORIGINAL\PRIMARY \AXIAL"#, ["ORIGINAL", "PRIMARY", "AXIAL"]),
    (.imageType, #"A\\B"#, ["A", "", "B"]),
    (.sopInstanceUID, "1.2.3\0", ["1.2.3"]),
    (.sopInstanceUID, "1.2.3 ", ["1.2.3"]),
    (.patientName, "Doe^Jane^^Dr. ", ["Doe^Jane^^Dr."]),
    (Tag(0x0010, 0x4000), #" two\lines "#, [#" two\lines"#]),
    (.patientID, "P1\0\0", ["P1"]),
    (.patientID, "", []),
  ]

  @Test("Values lose their padding, and only that", arguments: texts)
  func text(tag: Tag, value: String, expected: [String]) {
    #expect(Header(elements: [tag: Array(value.utf8)]).strings(tag) == expected)
  }

  static let binaries: [(Tag, [UInt8], [String], [String])] = [
    (Tag.rows, [0x00, 0x02] as [UInt8], ["512"], ["2"]),
    (.rows, [0x00, 0x02, 0x01, 0x00], ["512", "1"], ["2", "256"]),
    (Tag(0x0028, 0x0106), [0xFF, 0xFF], ["65535"], ["65535"]),
    (Tag(0x0018, 0x6020), [0xFE, 0xFF, 0xFF, 0xFF], ["-2"], ["-16777217"]),
    (Tag(0x0018, 0x9073), [0, 0, 0, 0, 0, 0, 0x04, 0x40], ["2.5"], ["5.375e-321"]),
    (Tag(0x0028, 0x0009), [0x18, 0x00, 0x63, 0x10], ["00181063"], ["18006310"]),
    (.rows, [1], [], []),
  ]

  @Test("Numbers are decimal, in the order of bytes that the data set has", arguments: binaries)
  func numbers(tag: Tag, bytes: [UInt8], little: [String], big: [String]) {
    #expect(Header(elements: [tag: bytes]).strings(tag) == little)
    #expect(Header(elements: [tag: bytes], isBigEndian: true).strings(tag) == big)
  }

  @Test("A data set's VR decides where the registry leaves a choice or knows none")
  func representations() {
    let signed = Header(elements: [Tag(0x0028, 0x0106): [0xFE, 0xFF]], representations: [Tag(0x0028, 0x0106): .ss])
    #expect(signed.strings(Tag(0x0028, 0x0106)) == ["-2"])
    let own = Header(elements: [Tag(0x0009, 0x1001): [0x41, 0x20]], representations: [Tag(0x0009, 0x1001): .lo])
    #expect(own.strings(Tag(0x0009, 0x1001)) == ["A"])
    let wrong = Header(elements: [.rows: [0, 2]], representations: [.rows: .lo])
    #expect(wrong.strings(.rows) == ["512"])
    let unknown = Header(elements: [.rows: [0, 2]], representations: [.rows: .un], isBigEndian: true)
    #expect(unknown.strings(.rows) == ["512"])
  }

  @Test("Absent, empty and textless values are told apart")
  func absence() {
    let header = Header(elements: [.modality: [], .pixelData: [1, 2], Tag(0x0009, 0x1001): [1]])
    #expect(header.strings(.patientID) == nil)
    #expect(header.strings(.modality) == [])
    #expect(header.string(.modality) == nil)
    #expect(header.strings(.pixelData) == nil)
    #expect(header.strings(Tag(0x0009, 0x1001)) == nil)
    #expect(header.uid(.modality) == nil)
    #expect(Header(elements: [.sopInstanceUID: [0, 0]]).uid(.sopInstanceUID) == nil)
  }

  @Test("UIDs come as they were sent, also invalid ones")
  func uids() {
    let header = Header(elements: [.sopInstanceUID: Array("1..2/../ 3\0".utf8)])
    #expect(header.uid(.sopInstanceUID) == "1..2/../ 3")
  }

  static let repertoires: [(String, [UInt8], String)] = [
    ("ISO_IR 192", [0x4D, 0xC3, 0xBC, 0x6C] as [UInt8], "Mül"),
    (#"ISO_IR 192\ISO 2022 IR 87"#, [0xC3, 0xBC], "ü"),
    ("UTF8", [0xC3, 0xBC], "ü"),
    ("ISO_IR 192", [0xFF, 0x41], "\u{FFFD}A"),
    ("ISO_IR 100", [0x4D, 0xFC, 0x6C], "Mül"),
    ("ISO_IR_100", [0xC3, 0xBC], "Ã¼"),
    ("", [0xFC], "ü"),
    ("NONSENSE", [0x41, 0xE4], "Aä"),
  ]

  @Test("Characters are read by their set, and never fail", arguments: repertoires)
  func characters(set: String, bytes: [UInt8], expected: String) {
    let header = Header(elements: [.specificCharacterSet: Array(set.utf8), .patientID: bytes])
    #expect(header.strings(.patientID) == [expected])
  }

  @Test("Big endian numbers are found in a big endian data set")
  func bigEndian() {
    let bytes = Raw.explicit(.rows, "US", [2, 0], bigEndian: true)
    let found = header(of: bytes, as: .explicitBigEndian, wanted: [.rows, .columns])
    #expect(found.strings(.rows) == ["512"])
  }
}
