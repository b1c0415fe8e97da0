/// Edits attributes of the top level of a data set while it passes, piece by piece; everything else keeps its bytes.
///
/// Memory does not grow with the data set: only the values that are rewritten are looked at as a whole. From the pixel
/// data on nothing is looked at any more, so that fragments of any transfer syntax pass.
final class DataSetEditor {
  /// Bytes of a value that is rewritten.
  static let longestValue = 1 << 20
  /// Nesting that is followed where a sequence has no length.
  static let maximumDepth = 64

  /// What happens to the bytes that come next.
  private enum Step {
    case header
    /// So many bytes of a value pass, or are dropped.
    case value(remaining: UInt64, isDropped: Bool)
    /// So many bytes of a value are gathered.
    case gather(Gathered, remaining: Int)
    /// Everything passes.
    case rest
  }

  private struct Gathered {
    let tag: Tag
    let vr: VR
    /// As it stood in front of the value.
    let header: [UInt8]
  }

  /// A sequence or item without a length that is open.
  private struct Frame {
    let isItem: Bool
    /// How it is written inside.
    let encoding: ElementEncoding
  }

  private let encoding: ElementEncoding
  private let edits: [Tag: DataSetEdit]
  /// Whose group lengths would no longer be right.
  private let groups: Set<UInt16>
  /// What is to be there at the end and was not seen yet, in order.
  private var missing: [Tag]
  private var characterSet: [UInt8] = []
  private var step = Step.header
  private var frames: [Frame] = []
  /// Whether what is in the open frames is left out.
  private var dropsFrames = false
  private var pending: [UInt8] = []
  private var gathered: [UInt8] = []

  /// - Parameter edits: by tags below the pixel data's group.
  init(_ edits: [Tag: DataSetEdit], encoding: ElementEncoding) {
    self.edits = edits
    self.encoding = encoding
    groups = Set(edits.keys.map(\.group))
    missing = edits.compactMap { if case .set = $1 { $0 } else { nil } }.sorted()
  }

  /// Takes the next bytes, and appends to `output` what they become.
  func edit(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(EditingError) {
    var input = bytes[...]
    while true {
      switch step {
      case .header:
        guard let (header, raw) = nextHeader(from: &input) else { return }
        try begin(header, raw, into: &output)
      case .value(let remaining, let isDropped):
        let taken = input.prefix(Int(clamping: min(remaining, UInt64(input.count))))
        input.removeFirst(taken.count)
        if !isDropped { output += taken }
        let left = remaining - UInt64(taken.count)
        step = left > 0 ? .value(remaining: left, isDropped: isDropped) : .header
        if left > 0 { return }
      case .gather(let value, let remaining):
        let taken = input.prefix(remaining)
        input.removeFirst(taken.count)
        gathered += taken
        if taken.count < remaining { return step = .gather(value, remaining: remaining - taken.count) }
        step = .header
        try finish(value, into: &output)
      case .rest:
        output += input
        return
      }
    }
  }

  /// All bytes have come.
  func finish(into output: inout [UInt8]) throws(EditingError) {
    if !pending.isEmpty,
      case .header(let header) = pending.withUnsafeBytes({
        ElementHeader.read($0, frames.last?.encoding ?? encoding, isEnd: true)
      })
    {
      let raw = Array(pending.prefix(header.size))
      pending.removeFirst(header.size)
      try begin(header, raw, into: &output)
    }
    switch step {
    case .header, .rest:
      guard pending.isEmpty else { throw .truncated }
    case .value, .gather: throw .truncated
    }
    try insert(before: nil, into: &output)
  }

  private func nextHeader(from input: inout Slice<UnsafeRawBufferPointer>) -> (ElementHeader, [UInt8])? {
    let encoding = frames.last?.encoding ?? encoding
    while true {
      switch pending.withUnsafeBytes({ ElementHeader.read($0, encoding) }) {
      case .header(let header):
        let raw = Array(pending.prefix(header.size))
        // Only behind a header without a value more was looked at: the next one begins with it.
        pending.removeFirst(header.size)
        return (header, raw)
      case .needs(let count):
        guard !input.isEmpty else { return nil }
        let taken = min(count - pending.count, input.count)
        pending += input.prefix(taken)
        input.removeFirst(taken)
      }
    }
  }

  // MARK: Elements

  private func begin(_ header: ElementHeader, _ raw: [UInt8], into output: inout [UInt8]) throws(EditingError) {
    guard frames.isEmpty else { return try nested(header, raw, into: &output) }
    let tag = header.tag
    try insert(before: tag, into: &output)
    if tag.group >= 0x7FE0, tag.group != 0xFFFE {
      output += raw
      return step = .rest
    }
    let isOutdated = tag.element == 0 && groups.contains(tag.group)
    switch edits[tag] {
    case nil where tag == .specificCharacterSet && !header.hasUndefinedLength:
      try gather(header, raw)
    case nil: try pass(header, raw, isDropped: isOutdated, into: &output)
    case .remove: try pass(header, raw, isDropped: true, into: &output)
    case .set:
      // Written in its place, also when it came out of order, and then not once more.
      if missing.contains(tag) { try write(tag, into: &output) }
      try pass(header, raw, isDropped: true, into: &output)
    case .rewrite:
      guard !header.hasUndefinedLength else { throw .malformed("\(tag) has no length") }
      try gather(header, raw)
    }
  }

  /// Lets a value pass, or drops it.
  private func pass(
    _ header: ElementHeader, _ raw: [UInt8], isDropped: Bool, into output: inout [UInt8]
  ) throws(EditingError) {
    if !isDropped { output += raw }
    guard header.hasUndefinedLength else {
      return step = header.length > 0 ? .value(remaining: UInt64(header.length), isDropped: isDropped) : .header
    }
    dropsFrames = isDropped
    try open(header)
  }

  private func gather(_ header: ElementHeader, _ raw: [UInt8]) throws(EditingError) {
    guard header.length <= Self.longestValue else { throw .tooLong(header.tag, limit: Self.longestValue) }
    let registered = DataDictionary.vr(of: header.tag)
    let vr = header.vr.flatMap { $0 == .un ? nil : $0 } ?? registered ?? .un
    gathered = []
    step = .gather(Gathered(tag: header.tag, vr: vr, header: raw), remaining: Int(header.length))
  }

  private func finish(_ value: Gathered, into output: inout [UInt8]) throws(EditingError) {
    guard case .rewrite(let change) = edits[value.tag] else {
      characterSet = gathered
      output += value.header + gathered
      return
    }
    let before = ElementValue(
      vr: value.vr, bytes: gathered, isBigEndian: encoding.isBigEndian,
      encoding: TextEncoding(specificCharacterSet: characterSet))
    var after: [String] = []
    for text in before.strings ?? [] { after.append(try change(text)) }
    if after == before.strings {
      output += value.header + gathered
    } else {
      try write(value.tag, value.vr, after.joined(separator: "\\"), into: &output)
    }
  }

  // MARK: New values

  /// Writes what is to be there and comes before `tag`.
  private func insert(before tag: Tag?, into output: inout [UInt8]) throws(EditingError) {
    while let next = missing.first, tag.map({ next < $0 }) ?? true { try write(next, into: &output) }
  }

  private func write(_ tag: Tag, into output: inout [UInt8]) throws(EditingError) {
    missing.removeAll { $0 == tag }
    guard case .set(let text) = edits[tag] else { return }
    try write(tag, DataDictionary.vr(of: tag) ?? .lo, text, into: &output)
  }

  private func write(_ tag: Tag, _ vr: VR, _ text: String, into output: inout [UInt8]) throws(EditingError) {
    let bytes = try EditedValue(tag: tag, vr: vr, text: text).bytes(
      encoding, characters: TextEncoding(specificCharacterSet: characterSet),
      characterSet: characterSetName)
    output += encoding.header(tag, vr, UInt32(bytes.count)) + bytes
  }

  /// The value of (0008,0005) without its padding, for people.
  private var characterSetName: String {
    let value = ElementValue(vr: .cs, bytes: characterSet, isBigEndian: false, encoding: .standard)
    let name = (value.strings ?? []).joined(separator: "\\")
    return name.isEmpty ? "ISO_IR 6" : name
  }

  // MARK: Sequences without a length

  private func open(_ header: ElementHeader) throws(EditingError) {
    guard frames.count < 2 * Self.maximumDepth else { throw .malformed("nested deeper than \(Self.maximumDepth)") }
    let outer = frames.last?.encoding ?? encoding
    // PS3.5 §6.2.2: what is unknown and of undefined length is implicit little endian inside.
    let inner = header.tag != .item && header.vr == .un ? ElementEncoding.implicitLittleEndian : outer
    frames.append(Frame(isItem: header.tag == .item, encoding: inner))
    step = .header
  }

  private func nested(_ header: ElementHeader, _ raw: [UInt8], into output: inout [UInt8]) throws(EditingError) {
    let isItem = frames.last?.isItem == true
    if !dropsFrames { output += raw }
    switch header.tag {
    case .itemDelimitation where isItem: close()
    case .sequenceDelimitation where isItem:
      // Some writers forget the item's own.
      close()
      close()
    case .sequenceDelimitation: close()
    case .item where !isItem, _ where isItem && header.tag.group != 0xFFFE:
      if header.hasUndefinedLength { return try open(header) }
      step = header.length > 0 ? .value(remaining: UInt64(header.length), isDropped: dropsFrames) : .header
    default: throw .malformed("\(header.tag) stands where it cannot")
    }
  }

  private func close() {
    frames.removeLast()
    if frames.isEmpty { dropsFrames = false }
    step = .header
  }
}
