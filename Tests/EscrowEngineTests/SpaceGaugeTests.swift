import EscrowConfiguration
import EscrowSpool
import Testing

@testable import EscrowEngine

/// When a file system is low, full, and enough again.
@Suite struct SpaceGaugeTests {
  private static let megabyte: Int64 = 1_000_000

  private func settings(low: Settings.Watermark, stop: Settings.Watermark) -> Settings.SpoolSettings {
    var settings = Settings.SpoolSettings()
    settings.lowWatermark = low
    settings.stopWatermark = stop
    return settings
  }

  private func reading(
    free: Int64 = 900, inodes: Int64 = 900, readOnly: Bool = false, missingBallast: Int64 = 0
  ) -> Volume.Reading {
    Volume.Reading(
      DiskUsage(
        freeBytes: free * Self.megabyte, totalBytes: 1000 * Self.megabyte, freeInodes: inodes, totalInodes: 1000,
        isReadOnly: readOnly), missingBallast: missingBallast * Self.megabyte)
  }

  private static let shares: [(Int64, SpaceLevel)] = [
    (500, .enough), (199, .low), (219, .low), (220, .enough), (99, .full), (109, .full), (110, .low), (300, .enough),
    (0, .full), (900, .enough),
  ]

  @Test func eachLevelIsLeftOnlyWithSomeMargin() {
    var gauge = SpaceGauge()
    for (free, level) in Self.shares {
      gauge.update(reading(free: free), settings(low: .percent(20), stop: .percent(10)))
      #expect(gauge.level == level, "\(free) MB free")
      #expect((gauge.shortage == nil) == (level == .enough))
    }
  }

  @Test func inodesCountAsBytesDo() {
    for (low, stop) in [
      (Settings.Watermark.percent(20), Settings.Watermark.percent(10)),
      (.bytes(200 * Self.megabyte), .bytes(100 * Self.megabyte)),
    ] {
      var gauge = SpaceGauge()
      for (inodes, level) in Self.shares {
        gauge.update(reading(inodes: inodes), settings(low: low, stop: stop))
        #expect(gauge.level == level, "\(inodes) inodes free")
        if level != .enough { #expect(gauge.shortage?.contains("inodes are free") == true) }
      }
    }
  }

  @Test func whatDoesNotCountItsInodesIsNotShortOfThem() {
    var gauge = SpaceGauge()
    let usage = DiskUsage(
      freeBytes: 900 * Self.megabyte, totalBytes: 1000 * Self.megabyte, freeInodes: 0, totalInodes: 0)
    gauge.update(Volume.Reading(usage), settings(low: .percent(20), stop: .percent(10)))
    #expect(gauge.level == .enough)
  }

  @Test func theMissingBallastIsNotForUse() {
    var gauge = SpaceGauge()
    gauge.update(reading(free: 115, missingBallast: 16), settings(low: .percent(20), stop: .percent(10)))
    #expect(gauge.level == .full)
    gauge.update(reading(free: 126, missingBallast: 16), settings(low: .percent(20), stop: .percent(10)))
    #expect(gauge.level == .low)
  }

  @Test func withoutAnyWatermarkTheLastMegabyteIsKept() {
    var gauge = SpaceGauge()
    let none = settings(low: .bytes(0), stop: .bytes(0))
    gauge.update(reading(free: 2, inodes: 1), none)
    #expect(gauge.level == .enough)
    gauge.update(reading(free: 1), none)
    #expect(gauge.level == .full)
    gauge.update(reading(inodes: 0), none)
    #expect(gauge.level == .full)
  }

  @Test func aFileSystemThatIsReadOnlyTakesNothingUntilItIsWritable() {
    var gauge = SpaceGauge()
    let marks = settings(low: .percent(20), stop: .percent(10))
    gauge.update(reading(readOnly: true), marks)
    #expect(gauge.level == .full)
    #expect(gauge.shortage == "it is mounted read-only")
    gauge.update(reading(), marks)
    #expect(gauge.level == .enough)
  }

  @Test func aWatermarkBeyondTheFileSystemIsAllOfIt() {
    var gauge = SpaceGauge()
    gauge.update(
      reading(free: 999), settings(low: .bytes(5000 * Self.megabyte), stop: .bytes(2000 * Self.megabyte)))
    #expect(gauge.level == .full)
  }
}
