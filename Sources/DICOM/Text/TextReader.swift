/// Reads the values of one element byte by byte, by the sets that are active (PS3.5 §6.1.2.5, ISO/IEC 2022).
struct TextReader {
  static let escape: UInt8 = 0x1B
  /// Tabulator and the ends of lines and pages.
  static let layout: Set<UInt8> = [0x09, 0x0A, 0x0C, 0x0D]

  private let sets: RepertoireList
  private let vr: VR
  /// What bytes below 80H are, if not ASCII; and what those above are.
  private var g0: Repertoire?
  private var g1: Repertoire
  /// Bytes that wait to be converted together: of one set, and ASCII.
  private var run: [UInt8] = []
  private var runSet: Repertoire?
  private var value = ""
  private var values: [String] = []

  init(_ sets: RepertoireList, _ vr: VR) {
    self.sets = sets
    self.vr = vr
    g1 = sets.high
  }

  /// All values that `bytes` hold.
  mutating func read(_ bytes: [UInt8]) -> [String] {
    var rest = bytes[...]
    while let byte = rest.first { rest = rest.dropFirst(take(byte, rest)) }
    endValue()
    return values
  }

  /// Reads what begins with `byte`; returns how many bytes that was.
  private mutating func take(_ byte: UInt8, _ rest: ArraySlice<UInt8>) -> Int {
    switch byte {
    case Self.escape: return designate(rest.dropFirst()) + 1
    case 0x80...: return takeHigh(rest)
    case 0x21...0x7E:
      if let g0 { return takePair(rest, of: g0) }
      return takeASCII(byte)
    default: return takeASCII(byte)
    }
  }

  private mutating func takeASCII(_ byte: UInt8) -> Int {
    let isDelimiter =
      byte == UInt8(ascii: "\\") && vr.isMultiValued
      || vr == .pn && (byte == UInt8(ascii: "^") || byte == UInt8(ascii: "="))
    if isDelimiter || Self.layout.contains(byte) {
      g0 = nil
      g1 = sets.high
    }
    if isDelimiter, byte == UInt8(ascii: "\\") { endValue() } else { run.append(byte) }
    return 1
  }

  private mutating func takePair(_ rest: ArraySlice<UInt8>, of set: Repertoire) -> Int {
    let pair = rest.prefix(2)
    guard pair.count == 2, pair.allSatisfy({ (0x21...0x7E).contains($0) }) else { return takeBroken() }
    put((set == .supplementaryKanji ? [0x8F] : []) + pair.map { $0 | 0x80 }, of: set)
    return 2
  }

  private mutating func takeHigh(_ rest: ArraySlice<UInt8>) -> Int {
    guard let width = g1.width(rest) else { return takeBroken() }
    put(Array(rest.prefix(width)), of: g1)
    return width
  }

  private mutating func takeBroken() -> Int {
    flush()
    value += "\u{FFFD}"
    return 1
  }

  /// Follows an escape sequence, also to a set that was not announced; returns its length. An unknown one is text.
  private mutating func designate(_ rest: ArraySlice<UInt8>) -> Int {
    guard !sets.initial.standsAlone, let (sequence, set) = Self.designations.first(where: { rest.starts(with: $0.0) })
    else {
      run.append(Self.escape)
      return 0
    }
    if set.isInG0 { g0 = set } else if set == .ascii { g0 = nil } else { g1 = set }
    return sequence.count
  }

  /// What may follow ESC: what the standard knows, and older and longer forms of JIS X 0208 (ISO-2022-JP).
  private static let designations: [([UInt8], Repertoire)] =
    Repertoire.allCases.compactMap { set in set.designation.map { ($0, set) } } + [
      (Array("(J".utf8), .ascii), (Array("$@".utf8), .kanji), (Array("$(B".utf8), .kanji),
      (Array("$(@".utf8), .kanji),
    ]

  // MARK: Runs

  private mutating func put(_ bytes: [UInt8], of set: Repertoire) {
    if let runSet, runSet != set { flush() }
    runSet = set
    run += bytes
  }

  private mutating func flush() {
    value += (runSet ?? .ascii).decode(run)
    run.removeAll(keepingCapacity: true)
    runSet = nil
  }

  private mutating func endValue() {
    flush()
    values.append(value)
    value = ""
  }
}
