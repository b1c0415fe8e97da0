/// A raw stream of RFC 1951 that becomes `prefix` and then very many zeros: one block with fixed codes (§3.2.6), made
/// bit by bit so that nothing of what it becomes is ever in memory.
struct DeflateBomb {
  private(set) var bytes: [UInt8] = []
  private var bits = 0
  private var held: UInt32 = 0

  /// - Parameter zeros: rounded up to a multiple of 258.
  init(prefix: [UInt8], zeros: Int) {
    // BFINAL, and BTYPE 01 with its low bit first.
    append(0b011, count: 3)
    for byte in prefix + [0] { append(literal: byte) }
    for _ in 0..<(zeros + 257) / 258 { appendRun() }
    appendCode(0, count: 7)
    append(0, count: 7)
    if !bytes.count.isMultiple(of: 2) { bytes.append(0) }
  }

  private mutating func append(literal byte: UInt8) {
    if byte < 144 {
      appendCode(0x30 + UInt32(byte), count: 8)
    } else {
      appendCode(0x190 + UInt32(byte) - 144, count: 9)
    }
  }

  /// The byte before again, 258 times: length code 285, distance code 0.
  private mutating func appendRun() {
    appendCode(0b1100_0101, count: 8)
    appendCode(0, count: 5)
  }

  /// Huffman codes go in from their high bit on.
  private mutating func appendCode(_ code: UInt32, count: Int) {
    for bit in stride(from: count - 1, through: 0, by: -1) { append(code >> UInt32(bit) & 1, count: 1) }
  }

  private mutating func append(_ value: UInt32, count: Int) {
    held |= value << UInt32(bits)
    bits += count
    while bits >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: held))
      held >>= 8
      bits -= 8
    }
  }
}
