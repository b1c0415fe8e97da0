/// Some days of the week from one time of day to another: `Mon-Fri 20:00-06:00`. What passes midnight belongs to the day
/// on which it begins.
package struct TimeWindow: Sendable, Equatable, Codable {
  /// 0 is Monday, 6 is Sunday.
  package let days: Set<Int>
  /// Minutes since midnight, 0 to 1439.
  package let start: Int
  /// Minutes since midnight, 1 to 1440; not later than ``start`` when it is on the next day.
  package let end: Int

  package static let dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

  /// Nil when `text` is no window.
  package init?(_ text: String) {
    let parts = text.split(separator: " ")
    guard let times = parts.last, parts.count <= 2,
      let days = parts.count == 2 ? Self.days(parts[0]) : Set(0...6)
    else { return nil }
    let ends = times.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let start = Self.minutes(ends[0]), let end = Self.minutes(ends[1]), start < 1440,
      end > 0 || start > 0,
      start != end
    else { return nil }
    self.days = days
    self.start = start
    self.end = end == 0 ? 1440 : end
  }

  /// `Mon`, `Mon-Fri`, `Sat-Mon`, or some of these separated by commas.
  private static func days(_ text: Substring) -> Set<Int>? {
    var days: Set<Int> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
      guard (1...2).contains(ends.count), let first = dayNames.firstIndex(of: String(ends[0])),
        let last = dayNames.firstIndex(of: String(ends[ends.count - 1]))
      else { return nil }
      for day in first...(last < first ? last + 7 : last) { days.insert(day % 7) }
    }
    return days
  }

  private static func minutes(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1440
    else { return nil }
    return hour * 60 + minute
  }

  /// How long it is, in minutes.
  var length: Int { end > start ? end - start : end + 1440 - start }

  /// Minutes of `week`, counted from Monday 00:00, at which it begins.
  var openings: [Int] { days.sorted().map { $0 * 1440 + start } }

  /// Whether a minute of the week lies in it.
  func contains(minute: Int) -> Bool {
    openings.contains { opening in (minute - opening + Self.week) % Self.week < length }
  }

  static let week = 7 * 1440
}

extension TimeWindow: CustomStringConvertible {
  package var description: String {
    let times = "\(Self.clock(start))-\(Self.clock(end))"
    return days.count == 7 ? times : "\(days.sorted().map { Self.dayNames[$0] }.joined(separator: ",")) \(times)"
  }

  private static func clock(_ minutes: Int) -> String {
    let hours = minutes / 60
    let rest = minutes % 60
    return "\(hours < 10 ? "0" : "")\(hours):\(rest < 10 ? "0" : "")\(rest)"
  }
}
