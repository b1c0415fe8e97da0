import DICOM
import EscrowTesting
import Testing

/// Random text of every set, and random bytes as text of every set.
struct TextEncodingPropertyTests {
  /// Labels, with characters that they have.
  static let sets: [(String, [ClosedRange<UInt32>])] = [
    ("ISO_IR 100", [0xA0...0xFF]), ("ISO_IR 101", [0xC1...0x17E]), ("ISO_IR 109", [0x108...0x16D]),
    ("ISO_IR 110", [0x100...0x17E]), ("ISO_IR 144", [0x401...0x45F]), ("ISO_IR 127", [0x621...0x652]),
    ("ISO_IR 126", [0x384...0x3CE]), ("ISO_IR 138", [0x5D0...0x5EA]), ("ISO_IR 148", [0xC0...0x15F]),
    ("ISO_IR 166", [0xE01...0xE5B]), ("ISO_IR 203", [0xA1...0x178]), ("ISO_IR 13", [0xFF61...0xFF9F]),
    ("ISO_IR 192", [0xA0...0xFF, 0x4E00...0x9FA5, 0x1F600...0x1F640]), ("GBK", [0x4E00...0x9FA5]),
    ("GB18030", [0x4E00...0x9FA5, 0xC0...0x17F, 0x1F600...0x1F640]),
    (#"\ISO 2022 IR 87"#, [0x3041...0x3093, 0x4E00...0x9FA5]),
    (#"ISO 2022 IR 13\ISO 2022 IR 87\ISO 2022 IR 159"#, [0xFF61...0xFF9F, 0x3041...0x3093, 0x4E00...0x9FA5]),
    (#"\ISO 2022 IR 149"#, [0xAC00...0xD7A3, 0x4E00...0x9FA5]), (#"\ISO 2022 IR 58"#, [0x4E00...0x9FA5]),
    (
      #"ISO 2022 IR 100\ISO 2022 IR 144\ISO 2022 IR 126\ISO 2022 IR 149\ISO 2022 IR 58\ISO 2022 IR 87"#,
      [0xA0...0xFF, 0x401...0x45F, 0x391...0x3C9, 0xAC00...0xD7A3, 0x4E00...0x9FA5, 0x3041...0x3093]
    ),
  ]

  @Test("What is written is read again, value by value", arguments: sets)
  func roundTrip(label: String, ranges: [ClosedRange<UInt32>]) throws {
    var generator = SeededGenerator(seed: UInt64(label.utf8.count))
    let encoding = TextEncoding(specificCharacterSet: Array(label.utf8))
    var written = 0
    for _ in 0..<40 {
      let values = (0..<3).map { _ in text(of: encoding, ranges, &generator) }
      let bytes = try encoding.encode(values.joined(separator: #"\"#))
      for vr in [VR.pn, .lo] { #expect(encoding.values(of: bytes, as: vr) == values) }
      #expect(encoding.decode(bytes, as: .lt) == values.joined(separator: #"\"#))
      written += values.joined().unicodeScalars.count { !$0.isASCII }
    }
    #expect(written > 100)
  }

  /// A text of what can be written, with delimiters in it, in composed form.
  private func text(
    of encoding: TextEncoding, _ ranges: [ClosedRange<UInt32>], _ generator: inout SeededGenerator
  ) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<12 {
      let range = ranges[Int.random(in: ranges.indices, using: &generator)]
      let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) ?? "?"
      if (try? encoding.encode(String(scalar))) != nil { text.append(scalar) }
      text.append(
        contentsOf: ["", "", "A", " ", "^", "=", "\r\n"].randomElement(using: &generator)?.unicodeScalars
          ?? "".unicodeScalars)
    }
    return String(text).composed
  }

  @Test("Any bytes are read", arguments: sets.map(\.0) + ["", "NONSENSE", #"\\\"#])
  func hostile(label: String) {
    var generator = SeededGenerator(seed: 7)
    let encoding = TextEncoding(specificCharacterSet: Array(label.utf8))
    let pieces: [[UInt8]] = ["\u{1B}$B", "\u{1B}$)C", "\u{1B}(B", "\u{1B}-A", "\u{1B}$(D", "\u{1B}", "\\", "^"].map {
      Array($0.utf8)
    }
    for length in [1, 2, 3, 7, 100, 65_536] {
      var bytes: [UInt8] = []
      while bytes.count < length {
        bytes +=
          Bool.random(using: &generator)
          ? pieces.randomElement(using: &generator) ?? [] : [UInt8.random(in: 0...255, using: &generator)]
      }
      let values = encoding.values(of: bytes.prefix(length), as: .pn)
      #expect(values.count >= 1 && encoding.decode(bytes.prefix(length), as: .ut).utf8.count > 0)
    }
    let noise = generator.noise(65_536)
    #expect(!encoding.decode(noise, as: .lt).isEmpty)
  }

  @Test("Several threads read at once")
  func together() async {
    let encoding = TextEncoding(specificCharacterSet: Array(#"\ISO 2022 IR 87"#.utf8))
    let name = TextEncodingTests.bytes("1b24423b3345441b2842")
    let read = await withTaskGroup(of: Set<String>.self) { group in
      for _ in 0..<8 { group.addTask { Set((0..<500).map { _ in encoding.decode(name) }) } }
      return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
    }
    #expect(read == ["山田"])
  }
}
