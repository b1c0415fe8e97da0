package import EscrowConfiguration
package import EscrowSpool
import NIOConcurrencyHelpers

/// Watches the free space of the spool's file system against the watermarks.
package final class SpaceWatch: Sendable {
  package enum Level: Int, Sendable, Comparable {
    case enough
    /// Below the low watermark: people are told.
    case low
    /// Below the stop watermark: storing is refused until a tenth more than the watermark is free.
    case full

    package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  private struct State {
    var level = Level.enough
    var told: Level?
    var free: DiskUsage?
  }

  private let settings: Settings.SpoolSettings
  private let state = NIOLockedValueBox(State())

  package init(settings: Settings.SpoolSettings) { self.settings = settings }

  package var isFull: Bool { level == .full }
  package var level: Level { state.withLockedValue { $0.level } }
  package var latest: DiskUsage? { state.withLockedValue { $0.free } }

  /// The level that people were last told; nil when they were told none since the start.
  package var told: Level? { state.withLockedValue { $0.told } }

  /// People were told of `level`.
  package func note(told level: Level) { state.withLockedValue { $0.told = level } }

  /// Judges a new reading; returns the level.
  @discardableResult
  package func update(_ space: DiskUsage) -> Level {
    state.withLockedValue { state in
      state.free = space
      state.level = level(of: space, before: state.level)
      return state.level
    }
  }

  private func level(of space: DiskUsage, before: Level) -> Level {
    let free = space.freeBytes
    let stop = bytes(settings.stopWatermark, of: space)
    let low = max(bytes(settings.lowWatermark, of: space), stop)
    if free < stop || (before == .full && free < stop + stop / 10) { return .full }
    if free < low || (before >= .low && free < low + low / 10) { return .low }
    return .enough
  }

  private func bytes(_ watermark: Settings.Watermark, of space: DiskUsage) -> Int64 {
    switch watermark {
    case .bytes(let count): count
    case .percent(let share): Int64(Double(space.totalBytes) * share / 100)
    }
  }
}
