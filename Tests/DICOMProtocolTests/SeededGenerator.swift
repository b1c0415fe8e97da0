import DICOM
import NIOCore

/// A repeatable source of random values (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
  mutating func flag() -> Bool { Bool.random(using: &self) }
  mutating func number() -> UInt16 { UInt16.random(in: .min ... .max, using: &self) }
  mutating func byte() -> UInt8 { UInt8.random(in: .min ... .max, using: &self) }
  mutating func bytes(_ count: ClosedRange<Int>) -> [UInt8] { (0..<int(count)).map { _ in byte() } }

  mutating func optional<Value>(_ value: (inout SeededGenerator) -> Value) -> Value? { flag() ? value(&self) : nil }

  mutating func list<Value>(_ count: ClosedRange<Int>, _ value: (inout SeededGenerator) -> Value) -> [Value] {
    (0..<int(count)).map { _ in value(&self) }
  }

  mutating func uid() -> UID {
    UID(list(1...8) { String($0.int(0...99_999)) }.joined(separator: "."))
  }

  mutating func title() -> AETitle { AETitle(text(1...16)) }

  /// Characters that survive a trip through any text value: no backslash, no spaces.
  mutating func text(_ count: ClosedRange<Int>) -> String {
    String(list(count) { Character(Unicode.Scalar(UInt8($0.int(0x30...0x5A)))) })
  }

  mutating func sop() -> SOPInstance { SOPInstance(classUID: uid(), instanceUID: uid()) }
}
