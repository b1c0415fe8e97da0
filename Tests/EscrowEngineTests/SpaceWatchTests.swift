import EscrowConfiguration
import EscrowEngine
import EscrowSpool
import Testing

@Suite struct SpaceWatchTests {
  private func space(_ percent: Int64) -> DiskUsage {
    DiskUsage(freeBytes: percent * 10, totalBytes: 1000, freeInodes: 0, totalInodes: 0)
  }

  @Test func eachLevelIsLeftOnlyWithSomeMargin() {
    var settings = Settings.SpoolSettings()
    settings.lowWatermark = .percent(20)
    settings.stopWatermark = .percent(10)
    let watch = SpaceWatch(settings: settings)
    let readings: [(Int64, SpaceWatch.Level)] = [
      (50, .enough), (19, .low), (21, .low), (22, .enough), (9, .full), (10, .full), (11, .low), (30, .enough),
    ]
    for (free, level) in readings {
      #expect(watch.update(space(free)) == level, "\(free) % free")
    }
  }

  @Test func aWatermarkInBytesIsTakenAsItIs() {
    var settings = Settings.SpoolSettings()
    settings.lowWatermark = .bytes(0)
    settings.stopWatermark = .bytes(100)
    let watch = SpaceWatch(settings: settings)
    #expect(watch.update(space(9)) == .full)
    #expect(watch.isFull)
  }
}
