import Foundation

/// Windows in a time zone: when something may happen, and when it may next.
package struct Timetable: Sendable, Equatable, Codable {
  /// Any of them will do; not empty.
  package let windows: [TimeWindow]
  /// An identifier of the time zone database, such as `Europe/Vienna`.
  package let timeZone: String

  package init(_ windows: [TimeWindow], timeZone: String) {
    self.windows = windows
    self.timeZone = timeZone
  }

  /// Whether some window is open at `moment`.
  package func isOpen(at moment: Timestamp) -> Bool {
    let minute = minuteOfWeek(moment)
    return windows.contains { $0.contains(minute: minute) }
  }

  /// When a window opens next after `moment`, by the clocks of the time zone: an opening that they skip in spring is when
  /// they go on.
  package func nextOpening(after moment: Timestamp) -> Timestamp {
    let now = minuteOfWeek(moment)
    let waits = windows.flatMap(\.openings).map { opening in
      let wait = (opening - now + TimeWindow.week) % TimeWindow.week
      return wait == 0 ? TimeWindow.week : wait
    }
    guard let wait = waits.min() else { return moment }
    let wholeMinutes = moment.microseconds / 60_000_000 * 60_000_000
    let guess = Timestamp(microseconds: wholeMinutes) + .minutes(wait)
    // The clocks may have been changed in between.
    let shift = offset(at: guess) - offset(at: moment)
    let opening = guess - .seconds(shift)
    return opening > moment && (isOpen(at: opening) || shift == 0) ? opening : guess
  }

  private func minuteOfWeek(_ moment: Timestamp) -> Int {
    let local = moment.microseconds / 1_000_000 + Int64(offset(at: moment))
    // 1 January 1970 was a Thursday.
    let minutes = Int((local >= 0 ? local / 60 : (local - 59) / 60)) + 3 * 1440
    return (minutes % TimeWindow.week + TimeWindow.week) % TimeWindow.week
  }

  /// Seconds east of UTC.
  private func offset(at moment: Timestamp) -> Int { TimeZones.zone(timeZone).secondsFromGMT(for: moment.date) }
}

extension Timetable: CustomStringConvertible {
  package var description: String { windows.map(\.description).joined(separator: ", ") + " \(timeZone)" }
}

/// Time zones by their identifiers. The identifiers were checked when they were read; one that has since vanished from
/// the system counts as UTC.
private enum TimeZones {
  static func zone(_ identifier: String) -> TimeZone { TimeZone(identifier: identifier) ?? .gmt }
}
