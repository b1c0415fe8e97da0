import DICOM
import Testing

/// Characters of all sets of PS3.3 §C.12.1.1.2.
struct TextEncodingTests {
  static func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  static func values(_ label: String, _ hexadecimal: String, as vr: VR = .lo) -> [String] {
    TextEncoding(specificCharacterSet: Array(label.utf8)).values(of: bytes(hexadecimal), as: vr)
  }

  /// The values of pydicom's character set files, which hold the examples of PS3.5 Annexes H, I and J, as pydicom
  /// decodes them.
  static let samples: [(String, String, VR, [String])] = [
    (#"ISO_IR 127"#, "e2c8c7e6ea5ee4e6d2c7d1", .pn, ["قباني^لنزار"]),
    (#"ISO_IR 100"#, "4275635e4ae972f46d655c4275635e4ae972f46d65", .pn, ["Buc^Jérôme", "Buc^Jérôme"]),
    (#"ISO_IR 100"#, "c46e6561735e52fc6469676572", .pn, ["Äneas^Rüdiger"]),
    (#"ISO_IR 126"#, "c4e9efedf5f3e9eff2", .pn, ["Διονυσιος"]),
    (
      #"\ISO 2022 IR 87"#,
      "59616d6164615e5461726f753d1b24423b3345441b28425e1b244242404f3a1b28423d1b24422464245e24401b28425e1b2442243f246d24261b2842",
      .pn, ["Yamada^Tarou=山田^太郎=やまだ^たろう"]
    ),
    (
      #"ISO 2022 IR 13\ISO 2022 IR 87"#,
      "d4cfc0de5ec0dbb33d1b24423b3345441b284a5e1b244242404f3a1b284a3d1b24422464245e24401b284a5e1b2442243f246d24261b284a",
      .pn, ["ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"]
    ),
    (#"ISO_IR 138"#, "f9f8e5ef5ee3e1e5f8e4", .pn, ["שרון^דבורה"]),
    (
      #"\ISO 2022 IR 149"#,
      "486f6e675e47696c646f6e673d1b242943fbf35e1b242943d1ced4d73d1b242943c8ab5e1b242943b1e6b5bf", .pn,
      ["Hong^Gildong=洪^吉洞=홍^길동"]
    ),
    (
      #"\ISO 2022 IR 87"#,
      "1b24422464245e24401b28425e1b2442243f246d24261b28425c1b24422464245e24401b28425e1b2442243f246d24261b2842",
      .pn, ["やまだ^たろう", "やまだ^たろう"]
    ),
    (#"ISO 2022 IR 6\ISO 2022 IR 87"#, "1b2442243f246d24261b2842", .lt, ["たろう"]),
    (#"ISO_IR 144"#, "bbeeda6365dcd17970d3", .pn, ["Люкceмбypг"]),
    (#"ISO_IR 192"#, "57616e675e5869616f446f6e673de78e8b5ee5b08fe69db13d", .pn, ["Wang^XiaoDong=王^小東="]),
    (#"GB18030"#, "57616e675e5869616f446f6e673dcdf55ed0a1b6ab3d", .pn, ["Wang^XiaoDong=王^小东="]),
    // PS3.5 Annex K.
    (
      #"\ISO 2022 IR 58"#, "5a68616e675e5869616f446f6e673d1b242941d5c55e1b242941d0a1b6ab3d", .pn,
      ["Zhang^XiaoDong=张^小东="]
    ),
    (#"GBK"#, "57616e675e5869616f446f6e673dcdf55ed0a17c5c", .lt, [#"Wang^XiaoDong=王^小|\"#]),
    (#"ISO_IR 101"#, "b1e6ea", .lo, ["ąćę"]), (#"ISO_IR 109"#, "a6a1", .lo, ["ĤĦ"]),
    (#"ISO_IR 110"#, "a2b3", .lo, ["ĸŗ"]), (#"ISO_IR 148"#, "d0fd", .lo, ["Ğı"]),
    (#"ISO_IR 203"#, "a4bc", .lo, ["€Œ"]), (#"ISO_IR 166"#, "a1d2", .lo, ["กา"]), (#"ISO_IR 13"#, "b1b2", .lo, ["ｱｲ"]),
    (#"\ISO 2022 IR 159"#, "1b24284430211b2842", .lo, ["丂"]),
    (#"ISO 2022 IR 100\ISO 2022 IR 144"#, "fc1b2d4cd41b2d41fc", .lo, ["üдü"]),
    (#"ISO 2022 IR 6\ISO 2022 IR 101\ISO 2022 IR 126\ISO 2022 IR 203"#, "1b2d42b11b2d46e11b2d62a4", .lo, ["ąα€"]),
  ]

  @Test("Values are read as the standard and pydicom read them", arguments: samples)
  func reading(label: String, hexadecimal: String, vr: VR, expected: [String]) {
    #expect(Self.values(label, hexadecimal, as: vr) == expected)
  }

  @Test("They are written with these bytes", arguments: samples)
  func writing(label: String, hexadecimal: String, vr: VR, expected: [String]) throws {
    let encoding = TextEncoding(specificCharacterSet: Array(label.utf8))
    #expect(try encoding.encode(expected.joined(separator: #"\"#)) == Self.bytes(hexadecimal))
  }

  static let labels: [(String, String, String)] = [
    ("ISO-IR 144", "d4", "д"), ("ISO_IR_144", "d4", "д"), ("iso_ir 144 ", "d4", "д"), ("ISO IR 144", "d4", "д"),
    ("ISO-8859-5", "d4", "д"), ("ISO 2022 IR 192", "d0b4", "д"), ("UTF8", "d0b4", "д"), ("utf-8", "d0b4", "д"),
    (#"\ISO_IR 192"#, "d0b4", "д"), ("ISO_IR 149", "b1e8", "김"), ("ISO_IR 87", "1b24423b331b2842", "山"),
    ("ISO_IR 58", "d5c5", "张"), ("ISO 2022 GBK", "d5c5", "张"), ("ISO 2022 58", "1b242941d5c5", "张"),
    ("", "fc", "ü"), ("ISO_IR 6", "fc", "ü"), ("ISO_IR 6", "1b2d4cd4", "д"), ("NONSENSE", "fc", "ü"),
    ("100", "d4", "Ô"),
    (String(repeating: #"X\"#, count: 32_000), "fc", "ü"),
  ]

  @Test("Labels of the field are understood", arguments: labels)
  func label(label: String, hexadecimal: String, expected: String) {
    #expect(Self.values(label, hexadecimal) == [expected])
  }

  static let delimiters: [(String, String, VR, [String])] = [
    // 5CH as the second half of a character, and as itself.
    ("GBK", "955c5c955c", .lo, ["昞", "昞"]),
    ("GB18030", "955c5c955c", .lo, ["昞", "昞"]), ("GB18030", "8130813041", .lo, ["\u{80}A"]),
    ("ISO_IR 13", "955c5c955c", .lo, ["表", "表"]),
    (#"\ISO 2022 IR 87"#, "1b2442465c1b28425c41", .lo, ["頓", "A"]),
    ("GBK", "955c5c955c", .lt, [#"昞\昞"#]),
    ("ISO_IR 192", "c3bc5cc3a4", .lo, ["ü", "ä"]), ("ISO_IR 192", "c3bc5cc3a4", .ut, [#"ü\ä"#]),
    // The first value's set is active again after a delimiter, and after a caret only in a name.
    (#"ISO 2022 IR 100\ISO 2022 IR 144"#, "1b2d4cd45cfc", .lo, ["д", "ü"]),
    (#"ISO 2022 IR 100\ISO 2022 IR 144"#, "1b2d4cd45efc", .pn, ["д^ü"]),
    (#"ISO 2022 IR 100\ISO 2022 IR 144"#, "1b2d4cd43dfc", .pn, ["д=ü"]),
    (#"ISO 2022 IR 100\ISO 2022 IR 144"#, "1b2d4cd45ed4", .lo, ["д^д"]),
    (#"ISO 2022 IR 100\ISO 2022 IR 144"#, "1b2d4cd40d0afc09fc", .lt, ["д\r\nü\tü"]),
    // Writers that leave escape sequences out.
    (#"\ISO 2022 IR 149"#, "b1e85eb1e8", .pn, ["김^김"]), (#"\ISO 2022 IR 58"#, "d5c55ed5c5", .pn, ["张^张"]),
    // Beyond the sets: Windows' characters.
    (#"\ISO 2022 IR 87"#, "1b24422d211b2842", .lo, ["①"]), ("ISO 2022 IR 149", "8141", .lo, ["갂"]),
  ]

  @Test("Delimiters are found between characters, and end the effect of escape sequences", arguments: delimiters)
  func delimiting(label: String, hexadecimal: String, vr: VR, expected: [String]) {
    #expect(Self.values(label, hexadecimal, as: vr) == expected)
  }

  static let broken: [(String, String, String)] = [
    ("ISO_IR 192", "ff41", "\u{FFFD}A"), (#"\ISO 2022 IR 87"#, "1b24423b", "\u{FFFD}"), ("GB18030", "81", "\u{FFFD}"),
    ("GB18030", "813081", "\u{FFFD}0\u{FFFD}"), (#"\ISO 2022 IR 149"#, "1b242943b1", "\u{FFFD}"),
    (#"\ISO 2022 IR 87"#, "411b", "A\u{1B}"), (#"\ISO 2022 IR 87"#, "1b2442", ""),
    (#"\ISO 2022 IR 87"#, "1b2841", "\u{1B}(A"),
    (#"\ISO 2022 IR 87"#, "1b24423b8041", "\u{FFFD}\u{80}\u{FFFD}"), ("ISO_IR 127", "41a142", "A\u{FFFD}B"),
    ("GBK", "1b2442", "\u{1B}$B"),
  ]

  @Test("Broken text is shown as far as it goes", arguments: broken)
  func breaking(label: String, hexadecimal: String, expected: String) {
    #expect(Self.values(label, hexadecimal) == [expected])
  }

  static let unwritable: [(String, String, String)] = [
    ("ISO_IR 100", "Dvořák", "`ř` (U+0159) cannot be written in the data set's character set, ISO_IR 100"),
    ("", "Müller", "`ü` (U+00FC) cannot be written in the data set's character set, ISO_IR 6, the default"),
    (#"\ISO 2022 IR 87"#, "山ü", #"`ü` (U+00FC) cannot be written in the data set's character set, \ISO 2022 IR 87"#),
    ("ISO_IR 13", "山", "`山` (U+5C71) cannot be written in the data set's character set, ISO_IR 13"),
    ("NONSENSE", "ü", "`ü` (U+00FC) cannot be written in the data set's character set, NONSENSE"),
    ("ISO_IR 192", "\u{1B}$B", "U+001B cannot be written in the data set's character set, ISO_IR 192"),
  ]

  @Test("What no set has is refused", arguments: unwritable)
  func refusing(label: String, text: String, expected: String) {
    let error = #expect(throws: TextEncodingError.self) {
      try TextEncoding(specificCharacterSet: Array(label.utf8)).encode(text)
    }
    #expect(error?.description == expected)
  }

  @Test("Text is composed before it is written, and plain text needs no set")
  func composing() throws {
    #expect(
      try TextEncoding(specificCharacterSet: Array("ISO_IR 100".utf8)).encode("Mu\u{308}ller") == [0x4D, 0xFC]
        + Array("ller".utf8))
    #expect(try TextEncoding.standard.encode(#"A\B"#) == Array(#"A\B"#.utf8))
  }

  @Test("An item is read by the character set of what it is in, unless it names its own")
  func items() throws {
    let name = DataElement(.patientName, .pn, .bytes([0xD4]))
    let own = DataElement(.specificCharacterSet, .cs, text: "ISO_IR 126")
    let sequence = Tag(0x0032, 0x1064)
    let dataSet = DataSet([
      DataElement(.specificCharacterSet, .cs, text: "ISO_IR 144"),
      DataElement(
        sequence,
        items: [DataSet([name]), DataSet([own, name]), DataSet([DataElement(sequence, items: [DataSet([name])])])]),
    ])
    let items = try #require(dataSet.items(sequence))
    #expect(items.prefix(2).map { $0.text(.patientName) } == ["д", "Τ"])
    #expect(items[2].items(sequence)?.first?.text(.patientName) == "д")
    #expect(items[0] == DataSet([name]))
  }
}
