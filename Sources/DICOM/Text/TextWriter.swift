/// Writes text in the sets of a data set, with the escape sequences that this takes (PS3.5 §6.1.2.5).
struct TextWriter {
  private let sets: RepertoireList
  /// What is active below 80H, if not the initial set; and above it, if anything.
  private var g0: Repertoire?
  private var g1: Repertoire?
  private var bytes: [UInt8] = []

  /// Before these the sets of the first value are active again, whatever the VR: then they are in every VR.
  private static let delimiters = TextReader.layout.union("\\^=".utf8)

  init(_ sets: RepertoireList) {
    self.sets = sets
    g1 = home
  }

  /// Adds a character; false if no set has it.
  mutating func write(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.isASCII else { return writeHigh(scalar) }
    let byte = UInt8(scalar.value)
    guard byte != TextReader.escape else { return false }
    if Self.delimiters.contains(byte) { reset() } else { leaveG0() }
    bytes.append(byte)
    return true
  }

  /// All that was written, with the sets of the first value active at the end.
  mutating func finish() -> [UInt8] {
    reset()
    return bytes
  }

  private mutating func writeHigh(_ scalar: Unicode.Scalar) -> Bool {
    for set in [g0, g1].compactMap({ $0 }) + sets.all {
      guard let code = set.encode(scalar) else { continue }
      activate(set)
      bytes += code
      return true
    }
    return false
  }

  private mutating func activate(_ set: Repertoire) {
    if set.isInG0 {
      if g0 != set { designate(set.designation) }
      g0 = set
    } else {
      leaveG0()
      if g1 != set { designate(set.designation) }
      g1 = set
    }
  }

  /// The set of the first value above 80H. One of several bytes is only active after its escape sequence.
  private var home: Repertoire? {
    sets.initial == .ascii || sets.initial.isMultiByte && !sets.initial.standsAlone ? nil : sets.initial
  }

  private mutating func reset() {
    leaveG0()
    if let home, g1 != home { designate(home.designation) }
    g1 = home
  }

  /// Back to ASCII, or to its Japanese twin where that is the first value's (ISO-IR 14, PS3.5 Annex H).
  private mutating func leaveG0() {
    if g0 != nil { designate(Array((sets.initial == .katakana ? "(J" : "(B").utf8)) }
    g0 = nil
  }

  private mutating func designate(_ sequence: [UInt8]?) {
    guard let sequence else { return }
    bytes.append(TextReader.escape)
    bytes += sequence
  }
}
