/// How the characters of a data set are read and written, by its Specific Character Set (PS3.3 §C.12.1.1.2).
///
/// Reading never fails: what cannot be understood becomes U+FFFD, and what no set explains is read as Latin-1. Text in
/// the default repertoire is passed through, whatever the set.
public struct TextEncoding: Hashable, Sendable {
  /// The value of (0008,0005) as it came. It is only understood when there is something to be read by it.
  private let label: [UInt8]

  /// The default repertoire, ISO-IR 6.
  public static let standard = TextEncoding(specificCharacterSet: [])

  /// - Parameter specificCharacterSet: the value of (0008,0005) as it came; labels seen in the field are understood.
  public init(specificCharacterSet: [UInt8]) { label = specificCharacterSet }

  /// A value, or several with a backslash between them, as text. Padding is kept.
  ///
  /// - Parameter vr: says which characters are delimiters, which end the effect of escape sequences (PS3.5 §6.1.2.5.3).
  public func decode(_ bytes: some Collection<UInt8>, as vr: VR = .lo) -> String {
    values(of: bytes, as: vr).joined(separator: "\\")
  }

  /// The values of an element, split where a backslash is a delimiter and not a part of a character. Padding is kept.
  ///
  /// - Parameter vr: in the long texts and in UR a backslash is a character (PS3.5 §6.4): they are one value.
  public func values(of bytes: some Collection<UInt8>, as vr: VR = .lo) -> [String] {
    if bytes.allSatisfy({ $0 < 0x80 && $0 != TextReader.escape }) {
      return Self.split(String(decoding: bytes, as: UTF8.self), as: vr)
    }
    let sets = RepertoireList(label)
    if sets.initial == .utf8 { return Self.split(String(decoding: bytes, as: UTF8.self), as: vr) }
    var reader = TextReader(sets, vr)
    return reader.read(Array(bytes))
  }

  /// The bytes of a text, escape sequences included, without padding.
  ///
  /// Several values may be given with a backslash between them. Characters are composed first (Unicode's form NFC),
  /// as most sets have no combining ones.
  /// - Throws: ``TextEncodingError`` for the first character that the data set's character sets have not.
  public func encode(_ text: String) throws(TextEncodingError) -> [UInt8] {
    if text.utf8.allSatisfy({ $0 < 0x80 && $0 != TextReader.escape }) { return Array(text.utf8) }
    let sets = RepertoireList(label)
    let composed = text.composed
    if sets.initial == .utf8, !composed.utf8.contains(TextReader.escape) { return Array(composed.utf8) }
    var writer = TextWriter(sets)
    for scalar in composed.unicodeScalars where !writer.write(scalar) {
      throw TextEncodingError(scalar: scalar, specificCharacterSet: name)
    }
    return writer.finish()
  }

  /// The value of (0008,0005), for people.
  private var name: String {
    let text = String(decoding: label.prefix(64), as: UTF8.self).filter { $0.isASCII && !$0.isNewline }
    return text.isEmpty ? "ISO_IR 6, the default" : text
  }

  private static func split(_ text: String, as vr: VR) -> [String] {
    guard vr.isMultiValued else { return [text] }
    return text.utf8.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
  }
}

/// A text that cannot be written in the character sets of a data set.
public struct TextEncodingError: Error, Hashable, CustomStringConvertible {
  /// The first character that is in none of them.
  public let scalar: Unicode.Scalar
  /// The data set's Specific Character Set.
  public let specificCharacterSet: String

  public var description: String {
    let number = String(scalar.value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - number.count)) + number
    let shown = scalar.value < 0x20 || scalar.value == 0x7F ? code : "`\(scalar)` (\(code))"
    return "\(shown) cannot be written in the data set's character set, \(specificCharacterSet)"
  }
}
