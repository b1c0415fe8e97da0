/// From the elements of one encoding to those of another.
extension DataSetRecoder {
  func begin(_ header: ElementHeader, into output: inout [UInt8]) throws(RecodingError) {
    if header.tag.group == 0xFFFE { return try delimit(header, into: &output) }
    if let frame = frames.last, !frame.isItem { throw .malformed("\(header.tag) stands where an item is due") }
    try checkLength(of: header)
    if header.tag.element == 0, !header.hasUndefinedLength {
      return expect(Value(remaining: UInt64(header.length), isDropped: true))
    }
    let vr = representation(of: header)
    if header.hasUndefinedLength || vr == .sq {
      try enter(header, vr, into: &output)
    } else {
      try pass(header, vr, into: &output)
    }
  }

  /// Nothing is longer than what it is in.
  private func checkLength(of header: ElementHeader) throws(RecodingError) {
    guard !header.hasUndefinedLength, let frame = frames.last else { return }
    guard position + UInt64(header.length) <= frame.limit else {
      throw .malformed("\(header.tag) is longer than what it is in")
    }
  }

  private func representation(of header: ElementHeader) -> VR {
    if scope.input.isExplicitVR { return header.vr ?? .un }
    let registered = DataDictionary.vrs(of: header.tag)
    guard let first = registered.first else { return header.hasUndefinedLength ? .sq : .un }
    // PS3.5 §A.1: the dictionary leaves it to Pixel Representation.
    return registered.contains(.us) && first != .ow && registered.contains(.ss) ? (isSigned ? .ss : .us) : first
  }

  /// A sequence, which is written with undefined length because that of its content is not known yet.
  private func enter(_ header: ElementHeader, _ vr: VR, into output: inout [UInt8]) throws(RecodingError) {
    if header.hasUndefinedLength, vr == .ob || vr == .ow { throw .encapsulated }
    guard frames.count < 2 * Self.maximumDepth else { throw .tooDeep(limit: Self.maximumDepth) }
    // PS3.5 §6.2.2: what is unknown and of undefined length is implicit little endian inside, and stays so.
    let isUnknown = header.vr == .un
    write(header.tag, isUnknown ? .un : .sq, ElementHeader.undefinedLength, to: &output)
    open(isItem: false, header)
    if isUnknown { scope = Scope(input: .implicitLittleEndian, output: .implicitLittleEndian) }
  }

  private func pass(_ header: ElementHeader, _ vr: VR, into output: inout [UInt8]) throws(RecodingError) {
    if scope.input.isBigEndian, header.vr == nil { throw .unknownRepresentation(header.tag) }
    let isOdd = !header.length.isMultiple(of: 2)
    let (length, overflow) = header.length.addingReportingOverflow(isOdd ? 1 : 0)
    if overflow { throw .malformed("\(header.tag) has no possible length") }
    // PS3.5 §6.2.2: a value too long for its VR's short form is written as unknown.
    let fits = vr.isLongForm || length <= 0xFFFE
    write(header.tag, fits ? vr : .un, length, to: &output)
    let tellsSign = header.tag == Tag(0x0028, 0x0103)
    if tellsSign { isSigned = false }
    expect(
      Value(
        remaining: UInt64(header.length),
        width: scope.input.isBigEndian && vr != .un ? DataElement.width(header.tag, vr) : 1,
        padding: isOdd ? vr.padding : nil, tellsSign: tellsSign))
  }

  private func expect(_ value: Value) { self.value = value.remaining > 0 ? value : nil }

  /// PS3.5 §7.5: an item starts, an item ends, a sequence ends.
  private func delimit(_ header: ElementHeader, into output: inout [UInt8]) throws(RecodingError) {
    let isInItem = frames.last?.isItem
    let isDelimited = frames.last?.end == nil
    switch (header.tag, isInItem) {
    case (.item, false?):
      try checkLength(of: header)
      write(.item, nil, ElementHeader.undefinedLength, to: &output)
      open(isItem: true, header)
    case (.itemDelimitation, true?) where isDelimited, (.sequenceDelimitation, false?) where isDelimited:
      close(into: &output)
    case (.sequenceDelimitation, true?) where isDelimited:
      close(into: &output)
      close(into: &output)
    // Behind what ended by its length, a delimiter is too much and harmless.
    case (.itemDelimitation, _), (.sequenceDelimitation, _): break
    default: throw .malformed("\(header.tag) stands outside of a sequence")
    }
  }

  private func open(isItem: Bool, _ header: ElementHeader) {
    let end = header.hasUndefinedLength ? nil : position + UInt64(header.length)
    frames.append(
      Frame(
        isItem: isItem, end: end, limit: end ?? frames.last?.limit ?? .max, outer: scope, outerIsSigned: isSigned))
  }

  /// Ends the innermost sequence or item.
  func close(into output: inout [UInt8]) {
    guard let frame = frames.popLast() else { return }
    write(frame.isItem ? .itemDelimitation : .sequenceDelimitation, nil, 0, to: &output)
    scope = frame.outer
    if frame.isItem { isSigned = frame.outerIsSigned }
  }

  /// Ends what ends here by its length.
  func closeEnded(into output: inout [UInt8]) {
    while let end = frames.last?.end, position >= end { close(into: &output) }
  }

  private func write(_ tag: Tag, _ vr: VR?, _ length: UInt32, to output: inout [UInt8]) {
    output += scope.output.header(tag, vr, length)
  }
}
