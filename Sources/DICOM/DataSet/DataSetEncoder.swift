/// Writes data sets (PS3.5 §7): even lengths, VRs that fit their values, sequences in either form.
struct DataSetEncoder {
  let encoding: ElementEncoding
  let sequences: DataSet.SequenceLengths
  private(set) var bytes: [UInt8] = []

  init(_ encoding: ElementEncoding, sequences: DataSet.SequenceLengths) {
    self.encoding = encoding
    self.sequences = sequences
  }

  mutating func append(_ dataSet: DataSet) {
    for element in dataSet.elements { append(element) }
  }

  mutating func append(_ element: DataElement) {
    switch element.value {
    case .bytes(let bytes): append(bytes, element)
    case .items(let items):
      enclose(sequences) {
        $0.appendHeader(element.tag, element.vr == .un ? .sq : element.vr, $1)
      } content: {
        for item in items { $0.append(item: item) }
      }
    case .fragments(let fragments):
      enclose(.undefined) {
        $0.appendHeader(element.tag, element.vr, $1)
      } content: {
        for fragment in fragments { $0.append(fragment: fragment) }
      }
    }
  }

  private mutating func append(_ value: [UInt8], _ element: DataElement) {
    // PS3.5 §6.2.2: a value too long for its VR's short form is written as unknown, which is little endian.
    let fits = !encoding.isExplicitVR || element.vr.isLongForm || value.count <= 0xFFFE
    let vr = fits ? element.vr : .un
    let width = encoding.isBigEndian && vr != .un ? element.width : 1
    appendHeader(element.tag, vr, UInt32(value.count + value.count % 2))
    bytes += width > 1 ? swapped(value, width: width) : value
    if !value.count.isMultiple(of: 2) { bytes.append(element.vr.padding) }
  }

  private mutating func append(item: DataSet) {
    enclose(sequences, ending: .itemDelimitation) {
      $0.appendHeader(.item, nil, $1)
    } content: {
      $0.append(item)
    }
  }

  private mutating func append(fragment: [UInt8]) {
    appendHeader(.item, nil, UInt32(fragment.count + fragment.count % 2))
    bytes += fragment
    if !fragment.count.isMultiple(of: 2) { bytes.append(0) }
  }

  /// Writes a header, then the content, and then either the length into the header or a delimiter behind the content.
  private mutating func enclose(
    _ lengths: DataSet.SequenceLengths, ending delimiter: Tag = .sequenceDelimitation,
    header: (inout DataSetEncoder, UInt32) -> Void, content: (inout DataSetEncoder) -> Void
  ) {
    header(&self, ElementHeader.undefinedLength)
    let start = bytes.count
    content(&self)
    switch lengths {
    case .undefined: appendHeader(delimiter, nil, 0)
    case .defined: bytes.replaceSubrange(start - 4..<start, with: encoding.bytes(UInt32(bytes.count - start)))
    }
  }

  private mutating func appendHeader(_ tag: Tag, _ vr: VR?, _ length: UInt32) {
    bytes += encoding.header(tag, vr, length)
  }
}

extension DataSet {
  /// How the end of sequences and items is told (PS3.5 §7.5.1).
  public enum SequenceLengths: Sendable {
    case defined, undefined
  }

  /// The data set's bytes in a transfer syntax; deflated ones are deflated.
  public func encoded(as transferSyntax: TransferSyntax, sequences: SequenceLengths = .defined) -> [UInt8] {
    var encoder = DataSetEncoder(transferSyntax.elementEncoding, sequences: sequences)
    encoder.append(self)
    return transferSyntax.isDeflated ? Deflate.deflate(encoder.bytes) : encoder.bytes
  }
}
