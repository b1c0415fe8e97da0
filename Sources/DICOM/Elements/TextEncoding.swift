import Foundation

/// How the characters of a data set are to be read, by its Specific Character Set (PS3.3 §C.12.1.1.2).
///
/// Reading never fails: what cannot be understood is shown as Latin-1, or with replacement characters.
struct TextEncoding: Hashable, Sendable {
  private let isUTF8: Bool

  /// ISO-IR 6, the default repertoire, and Latin-1 beyond it.
  static let standard = TextEncoding(specificCharacterSet: [])

  /// - Parameter specificCharacterSet: the value of (0008,0005) as it came; labels seen in the field are understood.
  init(specificCharacterSet value: [UInt8]) {
    let first = value.prefix { $0 != UInt8(ascii: "\\") }
    let label = String(decoding: first, as: UTF8.self).filter { $0.isLetter || $0.isNumber }.uppercased()
    isUTF8 = ["ISOIR192", "ISO2022IR192", "UTF8"].contains(label)
  }

  func decode(_ bytes: some Collection<UInt8>) -> String {
    if isUTF8 || bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: bytes.lazy.map { Unicode.Scalar($0) })
    return String(text)
  }
}

extension TextEncoding {
  /// `text` in this encoding; nil when it cannot say it.
  func encode(_ text: String) -> [UInt8]? {
    if isUTF8 { return Array(text.utf8) }
    let scalars = text.precomposedStringWithCanonicalMapping.unicodeScalars
    return scalars.allSatisfy { $0.value < 0x100 } ? scalars.map { UInt8($0.value) } : nil
  }
}
