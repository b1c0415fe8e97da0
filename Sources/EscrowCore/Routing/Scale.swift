package import DICOM

/// How values of a VR are put in order.
package enum Scale: Sendable, Equatable {
  case number
  /// Days.
  case date
  /// Seconds of a day.
  case time
  /// Seconds; without an offset from UTC, as if it were UTC.
  case dateTime
  /// Days, with months of 30.44 and years of 365.25.
  case age

  package init?(_ vr: VR) {
    switch vr {
    case .ds, .fd, .fl, .is, .sl, .ss, .sv, .ul, .us, .uv: self = .number
    case .da: self = .date
    case .tm: self = .time
    case .dt: self = .dateTime
    case .as: self = .age
    default: return nil
    }
  }

  /// What a bound looks like, for people.
  package var example: String {
    switch self {
    case .number: "a number such as `512` or `2.5`"
    case .date: "a date such as `2026-01-31`"
    case .time: "a time such as `20:30`"
    case .dateTime: "a date and time such as `20260131203000`"
    case .age: "an age such as `018Y`, `006M`, `002W` or `010D`"
    }
  }

  /// Where a value stands; nil when it is none of the kind.
  func place(of text: String) -> Double? {
    let text = text.trimmingSpaces
    return switch self {
    case .number: number(text)
    case .date: Self.date(text).map(Double.init)
    case .time: Self.time(text)
    case .dateTime: Self.dateTime(text)
    case .age: Self.age(text)
    }
  }

  private func number(_ text: String) -> Double? {
    guard let number = Double(text), number.isFinite, !text.contains(where: { "xXpP".contains($0) }) else { return nil }
    return number
  }

  private static func digits(_ text: some StringProtocol, count: Int) -> Int? {
    guard text.utf8.count == count, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
  }

  /// Days since 1 March of the year 0 of `YYYYMMDD`, `YYYY-MM-DD`, or `YYYY.MM.DD` as before DICOM (PS3.5 §6.2).
  private static func date(_ text: String) -> Int? {
    guard let separator = text.first(where: { "-.".contains($0) }) else { return day(text) }
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    return parts.map(\.utf8.count) == [4, 2, 2] ? day(parts.joined()) : nil
  }

  /// Days since 1 March of the year 0 of `YYYYMMDD`; nil for a day that no calendar has.
  private static func day(_ text: String) -> Int? {
    guard digits(text, count: 8) != nil, let year = digits(text.prefix(4), count: 4),
      let month = digits(text.dropFirst(4).prefix(2), count: 2), (1...12).contains(month),
      let day = digits(text.suffix(2), count: 2), (1...days(of: month, year)).contains(day)
    else { return nil }
    // Years begin in March here, so that the leap day is the last.
    let years = month > 2 ? year : year - 1
    let days = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return 365 * years + years / 4 - years / 100 + years / 400 + days
  }

  private static func days(of month: Int, _ year: Int) -> Int {
    let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    return switch month {
    case 2: isLeap ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Seconds of a clock's time, also with colons between hours, minutes and seconds.
  private static func time(_ text: String) -> Double? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let isWhole = parts.count == 1 || parts.allSatisfy { $0.prefix { $0 != "." }.utf8.count == 2 }
    return isWhole ? clock(parts.joined()) : nil
  }

  /// Seconds of `HH`, `HHMM` or `HHMMSS`, the last with a fraction: what is left out is zero.
  private static func clock(_ text: some StringProtocol) -> Double? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, [2, 4, 6].contains(whole.utf8.count),
      digits(whole, count: whole.utf8.count) != nil
    else { return nil }
    var seconds = 0.0
    for (index, limit) in [24, 60, 61].enumerated() where index * 2 < whole.utf8.count {
      guard let part = digits(whole.dropFirst(index * 2).prefix(2), count: 2), part < limit else { return nil }
      seconds += Double(part) * [3600, 60, 1][index]
    }
    guard parts.count == 2 else { return seconds }
    guard whole.utf8.count == 6, (1...6).contains(parts[1].utf8.count),
      digits(parts[1], count: parts[1].utf8.count) != nil, let fraction = Double("0.\(parts[1])")
    else { return nil }
    return seconds + fraction
  }

  /// Seconds of `YYYYMMDDHHMMSS.FFFFFF&ZZXX`, of which everything after the year may be left out from the end.
  private static func dateTime(_ text: String) -> Double? {
    let sign = text.lastIndex { $0 == "+" || $0 == "-" }
    let local = sign.map { text[..<$0] } ?? text[...]
    let lead = local.prefix { $0 != "." }
    guard lead.utf8.count >= 4, lead.utf8.count.isMultiple(of: 2),
      let days = day(String(lead.prefix(8)).padded(to: "00000101"))
    else { return nil }
    let rest = local.dropFirst(8)
    guard let seconds = rest.isEmpty ? 0 : clock(rest) else { return nil }
    guard let offset = sign.map({ Self.offset(text[$0...]) }) ?? 0 else { return nil }
    return Double(days) * 86_400 + seconds - offset
  }

  /// Seconds of `+HHMM`, from -1200 to +1400.
  private static func offset(_ text: Substring) -> Double? {
    guard let number = digits(text.dropFirst(), count: 4) else { return nil }
    let minutes = number / 100 * 60 + number % 100
    guard number % 100 < 60, minutes <= (text.first == "-" ? 12 : 14) * 60 else { return nil }
    return Double(text.first == "-" ? -minutes : minutes) * 60
  }

  private static func age(_ text: String) -> Double? {
    guard text.utf8.count == 4, let number = digits(text.prefix(3), count: 3), let unit = text.last else { return nil }
    let days: [Character: Double] = ["D": 1, "W": 7, "M": 30.44, "Y": 365.25]
    return days[unit].map { Double(number) * $0 }
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  /// With the end of `pattern` where this is shorter.
  fileprivate func padded(to pattern: String) -> String { self + pattern.dropFirst(count) }
}
