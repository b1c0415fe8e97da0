import EscrowCore
import Testing

@Suite struct TimestampTests {
  @Test func isWrittenInUTCWithMilliseconds() {
    #expect(Timestamp(microseconds: 1_795_421_730_125_000).rfc3339 == "2026-11-23T08:15:30.125Z")
    #expect(Timestamp(microseconds: 0).rfc3339 == "1970-01-01T00:00:00.000Z")
  }

  @Test func addsAndSubtracts() {
    let time = Timestamp(microseconds: 1_000_000)
    #expect(time + .milliseconds(1500) == Timestamp(microseconds: 2_500_000))
    #expect(time - .seconds(2) == Timestamp(microseconds: -1_000_000))
    #expect((time + .hours(1)).since(time) == .seconds(3600))
    #expect(time < time + .microseconds(1))
  }

  @Test func nowIsNow() {
    let before = Timestamp.now()
    let after = Timestamp.now()
    #expect(before.microseconds > 1_700_000_000_000_000)
    #expect(abs(after.since(before).inSeconds) < 3600)
  }

  @Test func durationsHaveTheirUnits() {
    #expect(Duration.minutes(2) == .seconds(120))
    #expect(Duration.hours(2) == .seconds(7200))
    #expect(Duration.days(2) == .seconds(172_800))
    #expect(Duration.nanoseconds(1999).microseconds == 1)
    #expect(Duration.milliseconds(250).inSeconds == 0.25)
    #expect(MonotonicTime(nanoseconds: 5) + .microseconds(2) == MonotonicTime(nanoseconds: 2005))
  }
}
