/// Values as text. They are for comparing and showing; the bytes stay as they came.
extension Header {
  /// The values of an attribute, without padding; nil if it is absent or has no text form, none if it is empty.
  ///
  /// Text is decoded by (0008,0005), numbers are in decimal, tags are eight hexadecimal digits.
  public func strings(_ tag: Tag) -> [String]? {
    guard let bytes = elements[tag] else { return nil }
    let isSwapped = isBigEndian && representations[tag] != .un
    return ElementValue(vr: vr(of: tag), bytes: bytes, isBigEndian: isSwapped, encoding: textEncoding).strings
  }

  /// Whether an attribute has a value, or an item if it is a sequence.
  public func hasValue(_ tag: Tag) -> Bool { sequences.contains(tag) || !(elements[tag] ?? []).isEmpty }

  /// The first value of an attribute, if it has one that is not empty.
  public func string(_ tag: Tag) -> String? { strings(tag)?.first.flatMap { $0.isEmpty ? nil : $0 } }

  /// A UID as it came, also an invalid one; nil if absent or empty.
  public func uid(_ tag: Tag) -> UID? {
    guard let bytes = elements[tag] else { return nil }
    let value = ElementValue(vr: .ui, bytes: bytes).strings?.first ?? ""
    return value.isEmpty ? nil : UID(value)
  }

  private var textEncoding: TextEncoding {
    TextEncoding(specificCharacterSet: elements[.specificCharacterSet] ?? [])
  }

  /// The registry's VR; where it leaves a choice or knows none, the data set's.
  private func vr(of tag: Tag) -> VR {
    let registered = DataDictionary.vrs(of: tag)
    guard let given = representations[tag] else { return registered.first ?? .un }
    return registered.isEmpty || registered.contains(given) ? given : registered[0]
  }
}
