import EscrowConfiguration
import EscrowSpool

/// The level of one file system, judged reading by reading (a value).
struct SpaceGauge {
  private var bytes = SpaceLevel.enough
  private var inodes = SpaceLevel.enough
  private(set) var isReadOnly = false
  /// What is short, for people; nil when nothing is.
  private(set) var shortage: String?

  var level: SpaceLevel { isReadOnly ? .full : max(bytes, inodes) }

  mutating func update(_ reading: Volume.Reading, _ settings: Settings.SpoolSettings) {
    let bytes = SpaceScale.bytes(reading, settings)
    let inodes = SpaceScale.inodes(reading, settings)
    isReadOnly = reading.usage.isReadOnly
    self.bytes = bytes.level(after: self.bytes)
    self.inodes = inodes?.level(after: self.inodes) ?? .enough
    var parts = isReadOnly ? ["it is mounted read-only"] : []
    if let part = Self.text(bytes, self.bytes, unit: "MB", of: 1_000_000) { parts.append(part) }
    if let inodes, let part = Self.text(inodes, self.inodes, unit: "inodes", of: 1) { parts.append(part) }
    shortage = parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  private static func text(_ scale: SpaceScale, _ level: SpaceLevel, unit: String, of size: Int64) -> String? {
    guard level > .enough else { return nil }
    let (watermark, name) = level == .full ? (scale.stop, "stopWatermark") : (scale.low, "lowWatermark")
    let until = (SpaceScale.end(of: watermark) + size - 1) / size
    return "\(scale.free / size) of \(scale.total / size) \(unit) are free, \(name) holds until \(until) are"
  }
}
