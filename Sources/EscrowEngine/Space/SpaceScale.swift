import EscrowConfiguration
import EscrowSpool

/// Something that a file system has so much of, against both watermarks (a value).
struct SpaceScale: Equatable {
  var free: Int64
  var total: Int64
  var low: Int64
  var stop: Int64

  /// Bytes. Those that the ballast must get back do not count as free, and one MiB is never given away.
  static func bytes(_ reading: Volume.Reading, _ settings: Settings.SpoolSettings) -> SpaceScale {
    let total = reading.usage.totalBytes
    let stop = max(settings.stopWatermark.amount(of: total, bytes: total), 1 << 20)
    return SpaceScale(
      free: max(reading.usage.freeBytes - reading.missingBallast, 0), total: total,
      low: max(settings.lowWatermark.amount(of: total, bytes: total), stop), stop: stop)
  }

  /// Inodes; nil where the file system does not count them. A watermark in bytes means the same share of them.
  static func inodes(_ reading: Volume.Reading, _ settings: Settings.SpoolSettings) -> SpaceScale? {
    let total = reading.usage.totalInodes
    guard total > 0 else { return nil }
    let bytes = reading.usage.totalBytes
    let stop = max(settings.stopWatermark.amount(of: total, bytes: bytes), 1)
    return SpaceScale(
      free: reading.usage.freeInodes, total: total,
      low: max(settings.lowWatermark.amount(of: total, bytes: bytes), stop), stop: stop)
  }

  /// A level once reached is left only when a tenth more than its watermark is free.
  func level(after before: SpaceLevel) -> SpaceLevel {
    if free < stop || before == .full && free < Self.end(of: stop) { return .full }
    if free < low || before >= .low && free < Self.end(of: low) { return .low }
    return .enough
  }

  /// How much must be free to leave the level of a watermark.
  static func end(of watermark: Int64) -> Int64 { watermark + max(watermark / 10, 1) }
}

extension Settings.Watermark {
  /// What it is of `total`, on a file system of so many bytes.
  fileprivate func amount(of total: Int64, bytes: Int64) -> Int64 {
    switch self {
    case .percent(let share): return Int64(Double(total) * share / 100)
    case .bytes(let count):
      guard bytes > 0 else { return 0 }
      return Int64(Double(total) * min(Double(count) / Double(bytes), 1))
    }
  }
}
