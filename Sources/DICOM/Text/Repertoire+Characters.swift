// MARK: Reading

extension Repertoire {
  /// How many bytes the character at the start of `bytes` takes, which begins at or above 80H; nil if that is none.
  func width(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let lead = bytes.first else { return nil }
    let trail = bytes.dropFirst().first ?? 0
    switch self {
    case .korean:
      let isTrail = trail >= 0x81 || (0x41...0x5A).contains(trail) || (0x61...0x7A).contains(trail)
      return (0x81...0xFE).contains(lead) && isTrail && trail != 0xFF ? 2 : nil
    case .chinese:
      return (0xA1...0xFE).contains(lead) && (0xA1...0xFE).contains(trail) ? 2 : nil
    case .katakana:
      if (0xA1...0xDF).contains(lead) { return 1 }
      let isLead = (0x81...0x9F).contains(lead) || (0xE0...0xFC).contains(lead)
      return isLead && (0x40...0xFC).contains(trail) && trail != 0x7F ? 2 : nil
    case .gbk, .gb18030:
      guard (0x81...0xFE).contains(lead) else { return nil }
      if (0x40...0xFE).contains(trail), trail != 0x7F { return 2 }
      return (0x30...0x39).contains(trail) && isQuadruple(bytes.dropFirst(2)) ? 4 : nil
    default: return 1
    }
  }

  /// Whether the second half of a character of four bytes (GB 18030) follows.
  private func isQuadruple(_ half: ArraySlice<UInt8>) -> Bool {
    guard half.count >= 2 else { return false }
    return (0x81...0xFE).contains(half[half.startIndex]) && (0x30...0x39).contains(half[half.startIndex + 1])
  }

  /// The text of bytes of this set and ASCII; U+FFFD for each character that is none.
  func decode(_ bytes: [UInt8]) -> String {
    if charset == "ISO-8859-1" {
      var text = String.UnicodeScalarView()
      text.append(contentsOf: bytes.lazy.map { Unicode.Scalar($0) })
      return String(text)
    }
    var text: [UInt8] = []
    let strict = Transcoder(from: charset, to: "UTF-8")
    let lenient = wider.flatMap { Transcoder(from: $0, to: "UTF-8") }
    var rest = bytes[...]
    while !rest.isEmpty {
      rest = rest.dropFirst(strict?.convert(rest, into: &text) ?? 0)
      guard let next = rest.first else { break }
      let character = rest.prefix(next < 0x80 ? 1 : isInG0 ? next == 0x8F ? 3 : 2 : width(rest) ?? 1)
      if lenient?.convert(character, into: &text) != character.count {
        text += next < 0x80 ? [next] : Array("\u{FFFD}".utf8)
      }
      rest = rest.dropFirst(character.count)
    }
    return String(decoding: text, as: UTF8.self)
  }
}

// MARK: Writing

extension Repertoire {
  /// The bytes of a character that is not ASCII; nil if it is not in the set.
  func encode(_ scalar: Unicode.Scalar) -> [UInt8]? {
    switch self {
    case .ascii: return nil
    // In the C library's table since ISO 8859-7:2003, but not in ISO-IR 126.
    case .greek where [0x20AC, 0x20AF, 0x37A].contains(scalar.value): return nil
    case .utf8: return Array(String(scalar).utf8)
    case .katakana:
      // Half-width katakana, U+FF61 to U+FF9F, in the order of JIS X 0201; the rest of CP932 is only read.
      return (0xFF61...0xFF9F).contains(scalar.value) ? [UInt8(scalar.value - 0xFF61 + 0xA1)] : nil
    default: break
    }
    guard let bytes = transcoded(scalar) else { return nil }
    switch self {
    case .kanji: return bytes.count == 2 && bytes[0] >= 0xA1 ? bytes.map { $0 & 0x7F } : nil
    case .supplementaryKanji: return bytes.count == 3 ? bytes.dropFirst().map { $0 & 0x7F } : nil
    case .korean, .chinese: return bytes.count == 2 && bytes.allSatisfy { $0 >= 0xA1 } ? bytes : nil
    default: return bytes[0] >= 0x80 ? bytes : nil
    }
  }

  private func transcoded(_ scalar: Unicode.Scalar) -> [UInt8]? {
    let utf8 = Array(String(scalar).utf8)
    var bytes: [UInt8] = []
    guard let transcoder = Transcoder(from: "UTF-8", to: charset),
      transcoder.convert(utf8[...], into: &bytes) == utf8.count, !bytes.isEmpty
    else { return nil }
    return bytes
  }
}
