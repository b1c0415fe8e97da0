import EscrowCore
import Foundation
import Testing

@Suite struct TimetableTests {
  private func moment(_ text: String) throws -> Timestamp {
    let date = try Date(text, strategy: .iso8601)
    return Timestamp(microseconds: Int64(date.timeIntervalSince1970) * 1_000_000)
  }

  private func timetable(_ windows: String..., in zone: String = "UTC") throws -> Timetable {
    Timetable(try windows.map { try #require(TimeWindow($0)) }, timeZone: zone)
  }

  @Test(arguments: [
    ("20:00-06:00", "20:00-06:00"), ("Mon-Fri 08:00-18:30", "Mon,Tue,Wed,Thu,Fri 08:00-18:30"),
    ("Sat,Sun 00:00-24:00", "Sat,Sun 00:00-24:00"), ("Sat-Mon 22:00-00:00", "Mon,Sat,Sun 22:00-24:00"),
    ("Mon 00:00-00:01", "Mon 00:00-00:01"),
  ])
  func reads(_ text: String, _ back: String) throws {
    #expect(try #require(TimeWindow(text)).description == back)
  }

  @Test(arguments: [
    "", "20:00", "20-06", "20:00-20:00", "8:00-9:00", "24:00-06:00", "20:00-24:01", "20:60-21:00", "Mon-Fri",
    "mon 20:00-21:00",
    "Mon-Fri-Sat 20:00-21:00", "Mon, 20:00-21:00", "Mon Tue 20:00-21:00", "00:00-00:00", "20:00-06:00-07:00",
    "2٠:00-21:00",
  ])
  func refuses(_ text: String) { #expect(TimeWindow(text) == nil) }

  /// 23 November 2026 is a Monday.
  @Test(arguments: [
    ("20:00-06:00", "2026-11-23T19:59:59Z", false), ("20:00-06:00", "2026-11-23T20:00:00Z", true),
    ("20:00-06:00", "2026-11-24T05:59:59Z", true), ("20:00-06:00", "2026-11-24T06:00:00Z", false),
    ("Fri 20:00-06:00", "2026-11-28T05:00:00Z", true), ("Fri 20:00-06:00", "2026-11-27T05:00:00Z", false),
    ("Sun 20:00-06:00", "2026-11-23T05:00:00Z", true), ("Mon 20:00-06:00", "2026-11-23T05:00:00Z", false),
    ("Sat,Sun 00:00-24:00", "2026-11-29T23:59:59Z", true), ("Sat,Sun 00:00-24:00", "2026-11-30T00:00:00Z", false),
  ])
  func isOpenInsideOnly(_ window: String, _ time: String, _ isOpen: Bool) throws {
    #expect(try timetable(window).isOpen(at: moment(time)) == isOpen)
  }

  @Test(arguments: [
    ("20:00-06:00", "UTC", "2026-11-23T12:34:56Z", "2026-11-23T20:00:00Z"),
    ("20:00-06:00", "UTC", "2026-11-23T20:00:00Z", "2026-11-24T20:00:00Z"),
    ("Mon 02:00-04:00", "UTC", "2026-11-23T04:00:00Z", "2026-11-30T02:00:00Z"),
    ("20:00-06:00", "Europe/Vienna", "2026-11-23T12:00:00Z", "2026-11-23T19:00:00Z"),
    // The clocks go back between 03:00 and 02:00 on 25 October, and forward on 28 March.
    ("Sun 20:00-22:00", "Europe/Vienna", "2026-10-24T12:00:00Z", "2026-10-25T19:00:00Z"),
    ("Sun 20:00-22:00", "Europe/Vienna", "2027-03-27T12:00:00Z", "2027-03-28T18:00:00Z"),
    ("Sun 02:30-05:00", "Europe/Vienna", "2027-03-27T12:00:00Z", "2027-03-28T01:30:00Z"),
    ("20:00-06:00", "America/St_Johns", "2026-11-23T12:00:00Z", "2026-11-23T23:30:00Z"),
  ])
  func opensNext(_ window: String, _ zone: String, _ time: String, _ opening: String) throws {
    #expect(try timetable(window, in: zone).nextOpening(after: moment(time)) == moment(opening))
  }

  @Test func whatOpensNextIsOpenThenAndWasNotAMinuteBefore() throws {
    let table = try timetable("Mon-Fri 18:00-07:00", "Sat,Sun 00:00-24:00", in: "Europe/Vienna")
    var time = try moment("2026-10-01T00:00:00Z")
    for _ in 0..<400 {
      let opening = table.nextOpening(after: time)
      #expect(table.isOpen(at: opening))
      #expect(opening > time)
      time = time + .minutes(733)
    }
  }
}
