/// Reads a data set from bytes that are all there. Recursion ends at the depth that the limits allow.
struct DataSetDecoder {
  private let bytes: UnsafeRawBufferPointer
  private let limits: DataSet.Limits
  /// Where the top level is left: that element comes without a value, and nothing after it.
  private let stop: Tag?
  private var position = 0
  private var itemCount = 0
  private var elementCount = 0

  init(bytes: UnsafeRawBufferPointer, limits: DataSet.Limits, stop: Tag? = nil) {
    self.bytes = bytes
    self.limits = limits
    self.stop = stop
  }

  /// What the bytes being read belong to.
  private struct Scope {
    var end: Int
    var encoding: ElementEncoding
    /// Whether a delimiter ends it, and not `end`.
    var isDelimited = false
    var depth = 0
  }

  mutating func decode(_ encoding: ElementEncoding) throws(DataSetError) -> DataSet {
    try elements(Scope(end: bytes.count, encoding: encoding))
  }

  /// Reads elements up to the end of the scope.
  private mutating func elements(_ scope: Scope) throws(DataSetError) -> DataSet {
    var result = DataSet()
    while position < scope.end {
      let start = position
      let header = try nextHeader(scope)
      switch header.tag {
      case .itemDelimitation where scope.isDelimited: return result
      case .sequenceDelimitation where scope.isDelimited:
        position = start  // the item's own delimiter is missing: this one is the sequence's
        return result
      case .itemDelimitation, .sequenceDelimitation: continue  // stray, and seen in the field
      case let tag where tag.group == 0xFFFE: throw .misplaced(tag: tag, offset: start)
      case let tag where tag == stop && scope.depth == 0:
        result.append(DataElement(tag, header.vr ?? DataDictionary.vr(of: tag) ?? .un, .bytes([])))
        return result
      default: result.append(try element(header, scope))
      }
    }
    guard !scope.isDelimited else { throw .truncated(tag: nil, offset: position) }
    return result
  }

  private mutating func nextHeader(_ scope: Scope) throws(DataSetError) -> ElementHeader {
    elementCount += 1
    guard elementCount <= limits.elements else { throw .tooManyElements(limit: limits.elements) }
    let rest = UnsafeRawBufferPointer(rebasing: bytes[position..<scope.end])
    guard case .header(let header) = ElementHeader.read(rest, scope.encoding, isEnd: true) else {
      throw .truncated(tag: nil, offset: position)
    }
    position += header.size
    return header
  }

  private mutating func element(_ header: ElementHeader, _ scope: Scope) throws(DataSetError) -> DataElement {
    if header.hasUndefinedLength { return try delimited(header, scope) }
    let end = try end(of: header, scope)
    let isUnknown = header.vr == .un || header.vr == nil
    let vr = isUnknown ? DataDictionary.vr(of: header.tag) ?? .un : header.vr ?? .un
    if vr == .sq {
      let inside = Scope(end: end, encoding: inner(header, scope), depth: scope.depth)
      return header.vr == .un ? unknown(header, inside) : try sequence(header, inside)
    }
    defer { position = end }
    // PS3.5 §6.2.2: unknown values are little endian.
    let width = scope.encoding.isBigEndian && header.vr != .un ? DataElement.width(header.tag, vr) : 1
    return DataElement(header.tag, vr, .bytes(swapped(bytes[position..<end], width: width)))
  }

  /// An element of undefined length: fragments, or a sequence.
  private mutating func delimited(_ header: ElementHeader, _ scope: Scope) throws(DataSetError) -> DataElement {
    if header.vr == .ob || header.vr == .ow {
      return DataElement(header.tag, .ob, .fragments(try fragments(scope)))
    }
    let inside = Scope(end: scope.end, encoding: inner(header, scope), isDelimited: true, depth: scope.depth)
    return try sequence(header, inside)
  }

  /// PS3.5 §6.2.2: what is unknown is implicit little endian inside, whatever is around it.
  private func inner(_ header: ElementHeader, _ scope: Scope) -> ElementEncoding {
    header.vr == .un ? .implicitLittleEndian : scope.encoding
  }

  private mutating func sequence(_ header: ElementHeader, _ scope: Scope) throws(DataSetError) -> DataElement {
    guard scope.depth < limits.depth else { throw .tooDeep(limit: limits.depth) }
    var items: [DataSet] = []
    while let item = try nextItem(scope) {
      var inside = scope
      inside.depth += 1
      inside.isDelimited = item.hasUndefinedLength
      if !inside.isDelimited { inside.end = try end(of: item, scope) }
      items.append(try elements(inside))
    }
    return DataElement(header.tag, .sq, .items(items))
  }

  /// A sequence that its writer did not know as one: opaque bytes if it cannot be read.
  private mutating func unknown(_ header: ElementHeader, _ scope: Scope) -> DataElement {
    let start = position
    do {
      return try sequence(header, scope)
    } catch {
      position = scope.end
      return DataElement(header.tag, .un, .bytes(Array(bytes[start..<scope.end])))
    }
  }

  private mutating func fragments(_ scope: Scope) throws(DataSetError) -> [[UInt8]] {
    var inside = scope
    inside.isDelimited = true
    var fragments: [[UInt8]] = []
    while let item = try nextItem(inside) {
      guard !item.hasUndefinedLength else { throw .misplaced(tag: item.tag, offset: position - item.size) }
      let end = try end(of: item, scope)
      fragments.append(Array(bytes[position..<end]))
      position = end
    }
    return fragments
  }

  /// The header of a sequence's next item, or nil at its end.
  private mutating func nextItem(_ scope: Scope) throws(DataSetError) -> ElementHeader? {
    while scope.isDelimited || position < scope.end {
      let start = position
      let header = try nextHeader(scope)
      switch header.tag {
      case .item:
        itemCount += 1
        guard itemCount <= limits.items else { throw .tooManyItems(limit: limits.items) }
        return header
      case .sequenceDelimitation where scope.isDelimited: return nil
      case .itemDelimitation, .sequenceDelimitation: continue
      default: throw .misplaced(tag: header.tag, offset: start)
      }
    }
    return nil
  }

  private func end(of header: ElementHeader, _ scope: Scope) throws(DataSetError) -> Int {
    guard UInt64(header.length) <= UInt64(scope.end - position) else {
      throw .truncated(tag: header.tag, offset: position)
    }
    return position + Int(header.length)
  }
}

/// The bytes with each whole number of `width` bytes turned around.
func swapped(_ bytes: some RandomAccessCollection<UInt8>, width: Int) -> [UInt8] {
  var result = Array(bytes)
  guard width > 1 else { return result }
  for start in stride(from: 0, through: result.count - width, by: width) {
    result[start..<start + width].reverse()
  }
  return result
}
