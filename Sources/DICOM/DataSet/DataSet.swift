/// A small data set in memory: the elements of one level in the order of their tags, with nested sequences.
///
/// Made for what fits in memory, such as storage commitment. Objects that are stored go by as a stream instead,
/// watched by a ``HeaderReader``.
public struct DataSet: Hashable, Sendable {
  public private(set) var elements: [DataElement] = []
  /// The character set of what this is an item of: it counts where the item names none (PS3.3 §C.12.1.1.2).
  private var outerCharacterSet: [UInt8] = []

  public init() {}

  /// A data set of elements in any order; of two with the same tag the first counts.
  public init(_ elements: [DataElement]) {
    for element in elements where self[element.tag] == nil { set(element) }
  }

  /// An element, or nil if it is absent.
  public subscript(tag: Tag) -> DataElement? { elements.first { $0.tag == tag } }

  /// Adds an element at its place, or replaces the one that is there.
  public mutating func set(_ element: DataElement) {
    let index = elements.firstIndex { $0.tag >= element.tag } ?? elements.endIndex
    if index < elements.endIndex, elements[index].tag == element.tag {
      elements[index] = element
    } else {
      elements.insert(element, at: index)
    }
  }

  public mutating func remove(_ tag: Tag) { elements.removeAll { $0.tag == tag } }

  /// Adds an element as it comes from a decoder, also out of order.
  mutating func append(_ element: DataElement) { elements.append(element) }
}

// MARK: Values

/// The VR that a data set gives is not trusted for attributes whose type the reader of the value knows.
extension DataSet {
  /// The value's bytes, numbers low byte first; nil for an absent element or a sequence.
  public func bytes(_ tag: Tag) -> [UInt8]? {
    guard case .bytes(let bytes) = self[tag]?.value else { return nil }
    return bytes
  }

  /// A UID without padding, as it came; nil if absent or empty.
  public func uid(_ tag: Tag) -> UID? {
    let value = bytes(tag).flatMap { ElementValue(vr: .ui, bytes: $0).strings?.first } ?? ""
    return value.isEmpty ? nil : UID(value)
  }

  /// The first value as text; nil if absent, empty, or without a text form.
  public func text(_ tag: Tag) -> String? { strings(tag)?.first.flatMap { $0.isEmpty ? nil : $0 } }

  /// All values as text without padding, numbers in decimal; nil if absent or without a text form.
  public func strings(_ tag: Tag) -> [String]? {
    guard let element = self[tag], let bytes = bytes(tag) else { return nil }
    let registered = DataDictionary.vrs(of: tag)
    let vr = registered.isEmpty || registered.contains(element.vr) ? element.vr : registered[0]
    return ElementValue(vr: vr, bytes: bytes, encoding: textEncoding).strings
  }

  /// The first 16-bit number; nil if absent or too short.
  public func unsignedShort(_ tag: Tag) -> UInt16? {
    guard let bytes = bytes(tag), bytes.count >= 2 else { return nil }
    return UInt16(bytes[1]) << 8 | UInt16(bytes[0])
  }

  /// The items of a sequence: none for an empty one, nil for one that is absent or no sequence.
  public func items(_ tag: Tag) -> [DataSet]? {
    switch self[tag]?.value {
    case .items(let items): items.map { $0.within(characterSet) }
    case .bytes(let bytes) where bytes.isEmpty: []
    default: nil
    }
  }

  private var textEncoding: TextEncoding { TextEncoding(specificCharacterSet: characterSet) }

  private var characterSet: [UInt8] { bytes(.specificCharacterSet) ?? outerCharacterSet }

  private func within(_ outer: [UInt8]) -> DataSet {
    var item = self
    item.outerCharacterSet = outer
    return item
  }
}

// MARK: Comparing

/// By the elements alone: a data set is the same one within another.
extension DataSet {
  public static func == (left: DataSet, right: DataSet) -> Bool { left.elements == right.elements }

  public func hash(into hasher: inout Hasher) { hasher.combine(elements) }
}
