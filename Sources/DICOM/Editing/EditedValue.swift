/// Writes a new value of an attribute as its VR wants it (PS3.5 §6.2).
struct EditedValue {
  let tag: Tag
  let vr: VR
  /// Several values are separated by backslashes.
  let text: String

  /// The value's bytes, of an even count.
  func bytes(
    _ encoding: ElementEncoding, characters: TextEncoding, characterSet: String
  ) throws(EditingError) -> [UInt8] {
    var bytes = vr.isText ? try written(characters, characterSet) : try numbers(encoding)
    if !bytes.count.isMultiple(of: 2) { bytes.append(vr.padding) }
    guard bytes.count <= (vr.isLongForm ? Int(UInt32.max) - 1 : 0xFFFE) else { throw .unfit(tag, value: text) }
    return bytes
  }

  private func written(_ characters: TextEncoding, _ characterSet: String) throws(EditingError) -> [UInt8] {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return Array(text.utf8) }
    guard vr.dependsOnCharacterSet, let bytes = try? characters.encode(text) else {
      throw .notWritable(tag, value: text, characterSet: characterSet)
    }
    return bytes
  }

  private func numbers(_ encoding: ElementEncoding) throws(EditingError) -> [UInt8] {
    var bytes: [UInt8] = []
    guard !text.isEmpty else { return bytes }
    for value in text.split(separator: "\\", omittingEmptySubsequences: false) {
      guard let number = number(String(value), encoding) else { throw .unfit(tag, value: text) }
      bytes += number
    }
    return bytes
  }

  /// Nil when `value` is no number of this VR.
  private func number(_ value: String, _ encoding: ElementEncoding) -> [UInt8]? {
    let bytes: [UInt8]? =
      switch vr {
      case .us: UInt16(value).map(littleEndian)
      case .ss: Int16(value).map(littleEndian)
      case .ul: UInt32(value).map(littleEndian)
      case .sl: Int32(value).map(littleEndian)
      case .uv: UInt64(value).map(littleEndian)
      case .sv: Int64(value).map(littleEndian)
      case .fl: Float(value).map { littleEndian($0.bitPattern) }
      case .fd: Double(value).map { littleEndian($0.bitPattern) }
      default: nil
      }
    return encoding.isBigEndian ? bytes?.reversed() : bytes
  }

  private func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }
}

extension VR {
  /// Whether Specific Character Set (0008,0005) says how its characters are written (PS3.5 §6.1.2.2).
  var dependsOnCharacterSet: Bool {
    switch self {
    case .lo, .lt, .pn, .sh, .st, .uc, .ut: true
    default: false
    }
  }

  /// Whether a value can be given as text: characters and numbers, no sequences, bulk data or tags.
  public var isEditable: Bool {
    switch self {
    case .us, .ss, .ul, .sl, .uv, .sv, .fl, .fd: true
    default: isText
    }
  }

  /// Whether `text`, several values separated by backslashes, can be a value; the characters are not judged here.
  public func accepts(_ text: String) -> Bool {
    (try? EditedValue(
      tag: Tag(0, 0), vr: self, text: String(text.unicodeScalars.map { $0.isASCII ? Character($0) : "x" })
    )
    .bytes(.explicitLittleEndian, characters: .standard, characterSet: "")) != nil
      && (!isMultiValued ? [text[...]] : text.split(separator: "\\", omittingEmptySubsequences: false))
        .allSatisfy { $0.unicodeScalars.count <= maximumCharacters && hasForm($0) }
  }

  /// Characters of one value (PS3.5 Table 6.2-1).
  private var maximumCharacters: Int {
    switch self {
    case .ae, .cs, .sh, .ds, .tm: 16
    case .as: 4
    case .da: 8
    case .dt: 26
    case .is: 12
    case .lo, .ui: 64
    case .pn: 3 * 64 + 2
    case .st: 1024
    case .lt: 10_240
    default: .max
    }
  }

  private func hasForm(_ value: Substring) -> Bool {
    guard !value.isEmpty else { return true }
    let characters = value.unicodeScalars
    func consists(of allowed: String) -> Bool { characters.allSatisfy(allowed.unicodeScalars.contains) }
    return switch self {
    case .cs: consists(of: "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _")
    case .da: value.utf8.count == 8 && consists(of: "0123456789")
    case .tm: consists(of: "0123456789.")
    case .dt: consists(of: "0123456789.+-")
    case .is: Int32(value) != nil
    case .ds: Double(value) != nil && consists(of: "0123456789+-eE.")
    case .ui: UID(String(value)).isValid
    case .as: value.utf8.count == 4 && Int(value.prefix(3)) != nil && "DWMY".contains(value.suffix(1))
    case .ae, .ur: characters.allSatisfy { $0.isASCII && $0.value >= 0x20 }
    default: characters.allSatisfy { $0.value >= 0x20 || self == .lt || self == .st || self == .ut }
    }
  }
}
