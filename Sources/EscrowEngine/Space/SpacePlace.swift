import EscrowConfiguration
import EscrowCore
import EscrowSpool

/// One file system that is watched, with what was seen of it last (a value).
struct SpacePlace: Sendable {
  let volume: Volume
  private(set) var gauge = SpaceGauge()
  private(set) var usage: DiskUsage?
  /// Why it cannot be measured.
  private(set) var failure: String?
  private var lacksBallast = false
  var trouble: Trouble?
  /// It is the spool's too, and watched there.
  var isShared = false

  /// A write that failed although there may be room: a quota, a broken disk.
  struct Trouble {
    var text: String
    var isNoSpace: Bool
    /// There was no space for something else than a new instance: what can make room itself.
    var needsWay: Bool
    var until: MonotonicTime
  }

  init(volume: Volume) { self.volume = volume }

  var isFull: Bool { !isShared && (failure != nil || gauge.level == .full) }

  func report(shared: String) -> SpaceWatch.Report {
    let parts = [failure, gauge.shortage, trouble.map { "writing to it failed: \($0.text)" }].compactMap { $0 }
    return SpaceWatch.Report(
      content: volume.content.rawValue + shared, path: volume.path,
      level: failure != nil || trouble != nil ? .full : gauge.level,
      reason: parts.isEmpty ? nil : parts.joined(separator: "; "), usage: usage)
  }

  mutating func forget(before now: MonotonicTime) {
    if let until = trouble?.until, until <= now { trouble = nil }
  }

  /// What was seen of it; a trouble that was noted meanwhile stays, unless what was seen explains it.
  mutating func take(_ seen: SpacePlace) {
    let latest = trouble
    self = seen
    trouble = latest?.isNoSpace == true && gauge.level == .full ? nil : latest
  }

  /// Blocks.
  mutating func measure(_ settings: Settings.SpoolSettings) {
    do {
      if trouble?.needsWay == true { _ = try? volume.makeWay() }
      let reading = try volume.measure()
      gauge.update(reading, settings)
      usage = reading.usage
      lacksBallast = reading.missingBallast > 0
      failure = nil
    } catch {
      failure = "it cannot be measured: \(error)"
    }
  }

  /// Makes the ballast anew when there is room again. If that fails, there is another look. Blocks.
  func tendBallast() {
    guard lacksBallast, failure == nil, gauge.level < .full, trouble == nil, !isShared else { return }
    try? volume.restoreBallast()
  }
}
