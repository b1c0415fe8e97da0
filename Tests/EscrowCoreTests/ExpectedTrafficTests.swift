import EscrowCore
import Testing

/// When a silence is one that should not be.
@Suite struct ExpectedTrafficTests {
  /// Monday 2026-11-23, UTC.
  private static let monday = Timestamp(microseconds: 1_795_392_000_000_000)

  private static func at(_ hour: Int, _ minute: Int = 0, day: Int = 0) -> Timestamp {
    monday + .minutes(day * 1440 + hour * 60 + minute)
  }

  private let office = ExpectedTraffic(
    hours: ["Mon-Fri 07:00-18:00"].compactMap { TimeWindow($0) }, silence: .hours(2))

  @Test func theWholeSilenceMustLieWithinTheHours() {
    let evening = Self.at(17, 50)
    func isSilent(_ now: Timestamp, since heard: Timestamp? = nil) -> Bool {
      office.isSilent(since: heard ?? evening, now: now, timeZone: "UTC")
    }
    #expect(!isSilent(Self.at(20)), "after its hours")
    #expect(!isSilent(Self.at(8, 59, day: 1)), "two hours after the opening at the earliest")
    #expect(isSilent(Self.at(9, 1, day: 1)))
    #expect(!isSilent(Self.at(9, 1, day: 1), since: Self.at(7, 30, day: 1)))
    #expect(isSilent(Self.at(9, 31, day: 1), since: Self.at(7, 30, day: 1)))
    #expect(!isSilent(Self.at(12, day: 5)), "Saturday")
  }

  @Test func withoutHoursAnyTimeCounts() {
    let always = ExpectedTraffic(silence: .hours(2))
    #expect(!always.isSilent(since: Self.at(1), now: Self.at(2, 59), timeZone: "UTC"))
    #expect(always.isSilent(since: Self.at(1), now: Self.at(3), timeZone: "UTC"))
  }
}
