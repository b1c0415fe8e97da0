import DICOM
import EscrowCore
import EscrowSpool
import EscrowTesting
import Glibc

/// One data set that senders have: what it is, byte by byte.
struct SimulatedContent: Hashable {
  let sop: SOPInstance
  let kind: Kind
  let bytes: [UInt8]
  let digest: Digest

  /// What the routes of the simulation tell apart.
  enum Kind: String, CaseIterable {
    case ct = "CT"
    case mr = "MR"
    case us = "US"
    case ot = "OT"

    /// Where the routes send it, and what proves there that it is safe.
    var wanted: [PeerName: Proof] {
      switch self {
      case .ct: ["archive": .commitment]
      case .mr: ["archive": .commitment, "research": .response]
      case .us: ["research": .query]
      case .ot: [:]
      }
    }

    /// How long its copy stays when it is safe.
    var retention: Duration { self == .mr ? .zero : .seconds(120) }

    /// The routes that do so; what no route takes is held.
    static let routes = RouteTable(
      routes: allCases.compactMap { kind in
        guard !kind.wanted.isEmpty, let pattern = try? Pattern(kind.rawValue) else { return nil }
        let condition = Condition(.attribute(.modality), name: "Modality", patterns: [pattern])
        let sends = kind.wanted.sorted { $0.key < $1.key }.map { Route.Send(to: $0.key, proof: $0.value) }
        return Route(
          name: kind.rawValue, match: .all([condition]), sends: sends, retention: .after(kind.retention))
      })
  }

  /// - Parameters:
  ///   - number: decides about the SOP Instance UID and the kind.
  ///   - variant: other bytes for other values.
  init(number: Int, variant: Int, length: Int, kind: Kind) {
    sop = SOPInstance(classUID: "1.2.840.10008.5.1.4.1.1.7", instanceUID: UID("2.25.\(700 + number)"))
    self.kind = kind
    var data: [UInt8] = []
    data.append(0x0008, 0x0016, "UI", sop.classUID.rawValue)
    data.append(0x0008, 0x0018, "UI", sop.instanceUID.rawValue)
    data.append(0x0008, 0x0060, "CS", kind.rawValue)
    data.append(0x0010, 0x0020, "LO", "PAT\(variant)")
    data.append(0x0020, 0x000D, "UI", "2.25.\(800 + number % 2)")
    data.append(0x0020, 0x000E, "UI", "2.25.900")
    data += [0xE0, 0x7F, 0x10, 0x00] + Array("OB".utf8) + [0, 0]
    data += (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    data += Self.pixels(length, from: number * 16 + variant * 5)
    bytes = data
    digest = Digest.of(data)
  }
}

extension SimulatedContent {
  private static let noise: [UInt8] = {
    var generator = SeededGenerator(seed: 1)
    return generator.noise(8192)
  }()

  /// Bytes that look alike nowhere near.
  private static func pixels(_ count: Int, from start: Int) -> [UInt8] {
    var pixels = Array(noise[start..<min(start + count, noise.count)])
    while pixels.count < count { pixels += noise.prefix(count - pixels.count) }
    return pixels
  }
}

extension [UInt8] {
  /// Whether these bytes end with those.
  func ends(with end: [UInt8]) -> Bool {
    guard count >= end.count else { return false }
    return withUnsafeBytes { bytes in
      end.withUnsafeBytes { end in
        guard let start = bytes.baseAddress, let other = end.baseAddress else { return end.isEmpty }
        return memcmp(start + (bytes.count - end.count), other, end.count) == 0
      }
    }
  }

  /// An element of Explicit VR Little Endian with a short length (PS3.5 §7.1.2).
  fileprivate mutating func append(_ group: UInt16, _ element: UInt16, _ vr: String, _ text: String) {
    var value = Array(text.utf8)
    if value.count % 2 != 0 { value.append(vr == "UI" ? 0 : UInt8(ascii: " ")) }
    for number in [group, element] { self += [UInt8(number & 0xFF), UInt8(number >> 8)] }
    self += Array(vr.utf8) + [UInt8(value.count & 0xFF), UInt8(value.count >> 8)]
    self += value
  }
}
