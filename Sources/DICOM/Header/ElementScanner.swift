/// Walks over the elements of an encoded data set, keeps the wanted ones of the top level, and stops after the last.
///
/// Only what has an undefined length is entered, without recursion; everything else is passed over by its length.
/// So the open sequences and items need no end, and values need not be there at once.
struct ElementScanner: Sendable {
  /// What a delimiter is awaited for.
  private enum Frame: Sendable {
    /// A sequence or fragments, inside of which `outer` encoding resumes.
    case sequence(outer: ElementEncoding)
    case item
  }

  /// A value of which bytes are still to come.
  private struct Value: Sendable {
    var remaining: UInt64
    /// Where they are kept, if at all.
    var tag: Tag?
    var isDoubtful: Bool
  }

  private let wanted: Set<Tag>
  private let last: Tag
  private let limits: HeaderReader.Limits
  private var encoding: ElementEncoding
  private var frames: [Frame] = []
  /// The wanted sequence of undefined length that was entered, and of which no item came yet.
  private var entered: Tag?
  private var value: Value?
  /// The start of an element header whose rest is still to come.
  private var pending: [UInt8] = []
  private var previous: Tag?
  private var missing: Int
  private var elementCount = 0
  private var byteCount = 0
  /// Why the bytes may not be what they seem to be.
  private var doubt: String?
  private var header: Header
  private var outcome: Header.Condition?

  init(encoding: ElementEncoding, wanted: Set<Tag>, limits: HeaderReader.Limits) {
    self.wanted = wanted.union([.specificCharacterSet])
    self.last = self.wanted.max() ?? .specificCharacterSet
    self.missing = self.wanted.count
    self.limits = limits
    self.encoding = encoding
    header = Header(isBigEndian: encoding.isBigEndian)
  }

  var isDone: Bool { outcome != nil }

  mutating func read(_ bytes: UnsafeRawBufferPointer) {
    var input = bytes[...]
    while !isDone {
      if value != nil {
        guard takeValue(from: &input) else { return }
      } else {
        guard let element = nextHeader(from: &input) else { return }
        begin(element)
      }
    }
  }

  /// The bytes have ended: whatever is open tells how.
  mutating func finish() -> Header {
    if outcome == nil, let element = lastHeader() { begin(element) }
    header.condition = outcome ?? conditionAtEnd
    return header
  }

  private var conditionAtEnd: Header.Condition {
    if let value { return value.isDoubtful ? .unreadable(reason: doubt ?? "") : .truncated }
    if !pending.isEmpty { return .truncated }
    if !frames.isEmpty { return .unreadable(reason: "a sequence or item is not closed") }
    return .complete
  }
}

// MARK: Bytes

extension ElementScanner {
  /// The next element header, or nil if its bytes are not all there yet.
  private mutating func nextHeader(from input: inout Slice<UnsafeRawBufferPointer>) -> ElementHeader? {
    if pending.isEmpty, case .header(let element) = look(at: UnsafeRawBufferPointer(rebasing: input)) {
      input.removeFirst(element.size)
      return element
    }
    while true {
      switch pending.withUnsafeBytes({ look(at: $0) }) {
      case .header(let element):
        pending.removeFirst(element.size)
        return element
      case .needs(let count):
        guard !input.isEmpty else { return nil }
        let taken = min(count - pending.count, input.count)
        pending += input.prefix(taken)
        input.removeFirst(taken)
      }
    }
  }

  /// A header that can be read only because nothing follows it.
  private mutating func lastHeader() -> ElementHeader? {
    guard value == nil, case .header(let element) = pending.withUnsafeBytes({ look(at: $0, isEnd: true) }) else {
      return nil
    }
    pending.removeFirst(element.size)
    return element
  }

  /// Reads a header as it is encoded here. File Meta in front of a data set is explicit little endian (PS3.10 §7.1),
  /// unless its writer encoded it like the rest.
  private func look(at bytes: UnsafeRawBufferPointer, isEnd: Bool = false) -> ElementHeader.Reading {
    if bytes.count >= 8, isLeading, bytes[0] == 2, bytes[1] == 0, VR(bytes[4], bytes[5]) != nil {
      return ElementHeader.read(bytes, .explicitLittleEndian, isEnd: isEnd)
    }
    return ElementHeader.read(bytes, encoding, isEnd: isEnd)
  }

  /// Whether nothing but File Meta came so far.
  private var isLeading: Bool { frames.isEmpty && (previous.map { $0.group == 2 } ?? true) }

  /// Passes over or keeps what is there of the open value; false if more has to come.
  private mutating func takeValue(from input: inout Slice<UnsafeRawBufferPointer>) -> Bool {
    guard var open = value else { return true }
    let count = Int(min(open.remaining, UInt64(input.count)))
    if let tag = open.tag { keep(input.prefix(count), of: tag) }
    input.removeFirst(count)
    open.remaining -= UInt64(count)
    guard open.remaining == 0 else {
      value = open
      return false
    }
    value = nil
    if open.tag != nil, missing == 0 { stop() }
    return true
  }

  private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>, of tag: Tag) {
    let room = limits.valueLength - header.elements[tag, default: []].count
    if bytes.count > room { header.oddities.insert(.valueCut) }
    header.elements[tag, default: []] += bytes.prefix(room)
    byteCount += min(bytes.count, room)
  }
}

// MARK: Elements

extension ElementScanner {
  private mutating func begin(_ element: ElementHeader) {
    elementCount += 1
    byteCount += element.size
    guard elementCount <= limits.elements, byteCount <= limits.headerBytes else {
      return fail("the header is longer than allowed")
    }
    if element.isGuess { suspect(.guessedVR, "the VR of \(element.tag) is none") }
    if element.tag.group == 0xFFFE { return delimit(element) }
    switch frames.last {
    case .sequence: fail("\(element.tag) stands where an item is due")
    case .item: enter(element, isDoubtful: element.isGuess)
    case nil: beginAtTop(element)
    }
  }

  private mutating func beginAtTop(_ element: ElementHeader) {
    guard element.tag <= last, element.tag.group < Tag.pixelData.group else { return stop(before: element.tag) }
    let isDoubtful = element.isGuess || looksMisplaced(element)
    previous = element.tag
    if element.tag.group == 2 { header.oddities.insert(.fileMeta) }
    guard wanted.contains(element.tag), header.elements[element.tag] == nil else {
      return enter(element, isDoubtful: isDoubtful)
    }
    header.elements[element.tag] = []
    header.representations[element.tag] = element.vr
    missing -= 1
    if isSequence(element) { return beginSequence(element, isDoubtful: isDoubtful) }
    enter(element, keeping: element.tag, isDoubtful: isDoubtful)
  }

  /// Of a wanted sequence only whether it has an item is kept.
  private mutating func beginSequence(_ element: ElementHeader, isDoubtful: Bool) {
    if element.hasUndefinedLength {
      entered = element.tag
    } else {
      if element.length > 0 { header.sequences.insert(element.tag) }
      if missing == 0, !isDoubtful { return stop() }
    }
    enter(element, isDoubtful: isDoubtful)
  }

  /// What follows the head of the wanted sequence that was entered tells whether it has an item.
  private mutating func noteFirst(_ delimiter: Tag) {
    guard let tag = entered else { return }
    entered = nil
    if delimiter == .item { header.sequences.insert(tag) }
    if missing == 0 { stop() }
  }

  /// Whether a tag may be noise rather than a tag: one that does not ascend, or of a group that nobody may use
  /// (PS3.5 §7.8), or the first of a data set whose implicit length spells a VR.
  private mutating func looksMisplaced(_ element: ElementHeader) -> Bool {
    if let previous, element.tag <= previous {
      suspect(.unordered, "\(element.tag) follows \(previous)")
      return true
    }
    if [0x0001, 0x0003, 0x0005, 0x0007].contains(element.tag.group) {
      doubt = doubt ?? "\(element.tag) is of no group"
      return true
    }
    let letters = (UInt8(truncatingIfNeeded: element.length), UInt8(truncatingIfNeeded: element.length >> 8))
    if previous == nil, element.vr == nil, VR(letters.0, letters.1) != nil {
      doubt = doubt ?? "\(element.tag) has a VR where there should be none"
      return true
    }
    return false
  }

  private func isSequence(_ element: ElementHeader) -> Bool { element.vr == .sq || element.hasUndefinedLength }

  /// Goes into what has an undefined length, and over anything else.
  private mutating func enter(_ element: ElementHeader, keeping tag: Tag? = nil, isDoubtful: Bool) {
    guard element.hasUndefinedLength else {
      return expect(element.length, keeping: tag, isDoubtful: isDoubtful)
    }
    guard frames.count < 2 * limits.depth else { return fail("sequences are nested deeper than \(limits.depth)") }
    frames.append(.sequence(outer: encoding))
    // PS3.5 §6.2.2: what is unknown and of undefined length is implicit little endian inside, whatever is around it.
    if element.vr == .un { encoding = .implicitLittleEndian }
  }

  private mutating func expect(_ length: UInt32, keeping tag: Tag? = nil, isDoubtful: Bool = false) {
    if !length.isMultiple(of: 2) { header.oddities.insert(.oddLength) }
    if length > 0 {
      value = Value(remaining: UInt64(length), tag: tag, isDoubtful: isDoubtful)
    } else if tag != nil, missing == 0 {
      stop()
    }
  }

  /// PS3.5 §7.5: an item starts, an item ends, a sequence ends.
  private mutating func delimit(_ element: ElementHeader) {
    noteFirst(element.tag)
    if isDone { return }
    switch (element.tag, frames.last) {
    case (.item, .sequence):
      if element.hasUndefinedLength { frames.append(.item) } else { expect(element.length) }
    case (.itemDelimitation, .item): frames.removeLast()
    case (.sequenceDelimitation, .sequence): closeSequence()
    case (.sequenceDelimitation, .item):
      header.oddities.insert(.strayDelimiter)
      frames.removeLast()
      closeSequence()
    case (.itemDelimitation, _), (.sequenceDelimitation, _): header.oddities.insert(.strayDelimiter)
    default: fail("\(element.tag) stands outside of a sequence")
    }
  }

  private mutating func closeSequence() {
    if case .sequence(let outer) = frames.popLast() { encoding = outer }
  }
}

// MARK: Outcome

extension ElementScanner {
  private mutating func stop() { outcome = .complete }

  /// The first tag beyond the last wanted one ends the reading, if there was anything like a data set before it.
  private mutating func stop(before tag: Tag) {
    if previous == nil, tag.group > Tag.studyInstanceUID.group {
      fail("it begins with \(tag)")
    } else if header.elements.isEmpty, let doubt {
      fail(doubt)
    } else {
      stop()
    }
  }

  private mutating func fail(_ reason: String) { outcome = .unreadable(reason: reason) }

  private mutating func suspect(_ oddity: Header.Oddities, _ reason: @autoclosure () -> String) {
    header.oddities.insert(oddity)
    if doubt == nil { doubt = reason() }
  }
}
