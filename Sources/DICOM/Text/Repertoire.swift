/// A set of characters that Specific Character Set can name (PS3.3 §C.12.1.1.2, Tables C.12-2 to C.12-5).
enum Repertoire: Hashable, Sendable, CaseIterable {
  case ascii
  // One byte a character, at and above 80H.
  case latin1, latin2, latin3, latin4, latin5, latin9, cyrillic, arabic, greek, hebrew, thai, katakana
  // Two bytes a character: the first two below 80H (code element G0), the others above it (G1).
  case kanji, supplementaryKanji, korean, chinese
  // Never together with others.
  case utf8, gbk, gb18030

  private struct Row {
    /// In the ISO register of coded character sets.
    let number: Int?
    /// The name that the C library has for it, in the form of which all characters but ASCII have bytes above 80H.
    let charset: String
    /// What of the field goes beyond the set, and is read nevertheless.
    var wider: String?
    /// What follows ESC to make it the active set of its code element.
    var designation: String?
  }

  private var row: Row {
    switch self {
    case .ascii: Row(number: 6, charset: "ISO-8859-1", designation: "(B")
    case .latin1: Row(number: 100, charset: "ISO-8859-1", designation: "-A")
    case .latin2: Row(number: 101, charset: "ISO-8859-2", designation: "-B")
    case .latin3: Row(number: 109, charset: "ISO-8859-3", designation: "-C")
    case .latin4: Row(number: 110, charset: "ISO-8859-4", designation: "-D")
    case .greek: Row(number: 126, charset: "ISO-8859-7", designation: "-F")
    case .arabic: Row(number: 127, charset: "ISO-8859-6", designation: "-G")
    case .hebrew: Row(number: 138, charset: "ISO-8859-8", designation: "-H")
    case .cyrillic: Row(number: 144, charset: "ISO-8859-5", designation: "-L")
    case .latin5: Row(number: 148, charset: "ISO-8859-9", designation: "-M")
    case .thai: Row(number: 166, charset: "TIS-620", wider: "ISO-8859-11", designation: "-T")
    case .latin9: Row(number: 203, charset: "ISO-8859-15", designation: "-b")
    case .katakana: Row(number: 13, charset: "CP932", designation: ")I")
    case .kanji: Row(number: 87, charset: "EUC-JP", wider: "EUC-JP-MS", designation: "$B")
    case .supplementaryKanji: Row(number: 159, charset: "EUC-JP", wider: "EUC-JP-MS", designation: "$(D")
    case .korean: Row(number: 149, charset: "UHC", designation: "$)C")
    case .chinese: Row(number: 58, charset: "EUC-CN", wider: "GBK", designation: "$)A")
    case .utf8: Row(number: 192, charset: "UTF-8")
    case .gbk: Row(number: nil, charset: "GBK", wider: "GB18030")
    case .gb18030: Row(number: nil, charset: "GB18030")
    }
  }

  var charset: String { row.charset }
  var wider: String? { row.wider }
  var designation: [UInt8]? { row.designation.map { Array($0.utf8) } }

  /// Whether it excludes code extensions (PS3.3 Table C.12-5).
  var standsAlone: Bool { [.utf8, .gbk, .gb18030].contains(self) }

  /// Whether its characters are made of two bytes below 80H.
  var isInG0: Bool { self == .kanji || self == .supplementaryKanji }

  /// Whether a character takes more than one byte.
  var isMultiByte: Bool { isInG0 || standsAlone || self == .korean || self == .chinese }
}

// MARK: Labels

extension Repertoire {
  /// What a value of Specific Character Set means, also when it is misspelt as seen in the field (`ISO-IR 100`,
  /// `ISO 2022 IR 192`, `UTF8`); nil if it means nothing.
  init?(label: some Collection<UInt8>) {
    let name = String(decoding: label.prefix(32), as: UTF8.self).uppercased().filter { $0.isLetter || $0.isNumber }
    if let named = Self.names[name] {
      self = named
      return
    }
    let prefix = ["ISO2022IR", "ISO2022", "ISOIR", "IR"].first { name.hasPrefix($0) } ?? ""
    let rest = name.dropFirst(prefix.count)
    let found = Self.names[String(rest)] ?? Self.allCases.first { $0.row.number.map(String.init) ?? "" == rest }
    guard !prefix.isEmpty, let found else { return nil }
    self = found
  }

  /// Names of other registers.
  private static let names: [String: Repertoire] = {
    var names: [String: Repertoire] = [
      "UTF8": .utf8, "GBK": .gbk, "GB18030": .gb18030, "GB2312": .gbk, "SHIFTJIS": .katakana, "SJIS": .katakana,
      "EUCKR": .korean, "ASCII": .ascii, "USASCII": .ascii, "LATIN1": .latin1,
    ]
    for repertoire in allCases where repertoire != .ascii && repertoire.charset.hasPrefix("ISO-8859-") {
      names["ISO8859" + repertoire.charset.dropFirst(9)] = repertoire
    }
    return names
  }()
}

/// The sets that a Specific Character Set names together.
struct RepertoireList: Sendable {
  /// That of the first value, which is active at the beginning and after each delimiter.
  let initial: Repertoire
  /// Those that escape sequences may switch to, in their order; the initial one included.
  let all: [Repertoire]

  /// - Parameter value: of (0008,0005); its first value may be empty when more follow (PS3.3 §C.12.1.1.2).
  init(_ value: [UInt8]) {
    let labels = value.split(separator: UInt8(ascii: "\\"), maxSplits: 16, omittingEmptySubsequences: false)
    let named = labels.map { Repertoire(label: $0) ?? .ascii }
    let alone = named.first { $0.standsAlone }
    if let alone, named[0] == alone || named.allSatisfy({ $0 == alone || $0 == .ascii }) {
      initial = alone
      all = [alone]
    } else {
      initial = named.first ?? .ascii
      all = named.filter { !$0.standsAlone }
    }
  }

  /// The set of bytes above 80H where no escape sequence has chosen one: that of the first value, or, as writers
  /// leave the sequence out, the first that has any.
  var high: Repertoire {
    if !initial.isInG0, initial != .ascii { return initial }
    return all.first { !$0.isInG0 && $0 != .ascii } ?? .latin1
  }
}
