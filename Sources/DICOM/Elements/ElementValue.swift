/// The bytes of a value together with what is needed to read them as text (PS3.5 §6.2).
struct ElementValue {
  var vr: VR
  var bytes: [UInt8]
  /// Whether numbers have their high byte first.
  var isBigEndian = false
  var encoding = TextEncoding.standard

  /// The values without their padding: text decoded, numbers in decimal, tags as eight hexadecimal digits.
  ///
  /// Nil where there is no text form: sequences and bulk data. A value of no bytes has no values.
  var strings: [String]? { vr.isText ? texts : numbers }

  private var texts: [String] {
    guard !bytes.isEmpty else { return [] }
    return encoding.values(of: bytes, as: vr).map { trimmed(Substring($0)) }
  }

  /// Without padding. Leading spaces are significant only in the long texts.
  private func trimmed(_ text: Substring) -> String {
    var scalars = text.unicodeScalars
    while let last = scalars.last, last == " " || last == "\0" { scalars.removeLast() }
    if vr.isMultiValued { while let first = scalars.first, first == " " || first == "\0" { scalars.removeFirst() } }
    return String(Substring(scalars))
  }

  private var numbers: [String]? {
    switch vr {
    case .us: integers(UInt16.self)
    case .ss: integers(Int16.self)
    case .ul: integers(UInt32.self)
    case .sl: integers(Int32.self)
    case .uv: integers(UInt64.self)
    case .sv: integers(Int64.self)
    case .fl: words(UInt32.self).map { decimal(Float(bitPattern: $0)) }
    case .fd: words(UInt64.self).map { decimal(Double(bitPattern: $0)) }
    case .at: pairs.map(hexadecimal)
    default: nil
    }
  }

  private func integers<Number: FixedWidthInteger>(_ type: Number.Type) -> [String] { words(type).map { String($0) } }

  /// Whole numbers only; what is left over at the end of a broken value is ignored.
  private func words<Word: FixedWidthInteger>(_ type: Word.Type) -> [Word] {
    let width = Word.bitWidth / 8
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / width).map { index in
        let word = raw.loadUnaligned(fromByteOffset: index * width, as: Word.self)
        return isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
      }
    }
  }

  /// `512` for 512.0, as people write it.
  private func decimal(_ number: some BinaryFloatingPoint & CustomStringConvertible) -> String {
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private var pairs: [Tag] {
    let halves = words(UInt16.self)
    return stride(from: 0, to: halves.count - halves.count % 2, by: 2).map { Tag(halves[$0], halves[$0 + 1]) }
  }

  private func hexadecimal(_ tag: Tag) -> String { tag.description.filter(\.isHexDigit) }
}
