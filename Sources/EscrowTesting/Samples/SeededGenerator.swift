package import DICOM

/// Random numbers that come again with the same seed (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// A UID below 2.25 (PS3.5 §B.2).
  package mutating func uid() -> UID { UID("2.25.\(next())") }

  /// Noise, in blocks of 4 KiB that repeat, so that gigabytes come fast.
  package mutating func noise(_ count: Int) -> [UInt8] {
    let block = (0..<512).flatMap { _ in withUnsafeBytes(of: next().littleEndian, Array.init) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count { bytes += block.prefix(count - bytes.count) }
    return bytes
  }
}
