package import DICOM

/// A comparison in a condition: `>=512`, `<2026-01-01`, `<018Y`. How values are put in order is told by the
/// attribute's VR (PS3.5 §6.2).
package struct Comparison: Sendable, Equatable {
  package enum Relation: String, Sendable, CaseIterable {
    case atMost = "<="
    case less = "<"
    case atLeast = ">="
    case more = ">"

    func holds(_ left: Double, _ right: Double) -> Bool {
      switch self {
      case .atMost: left <= right
      case .less: left < right
      case .atLeast: left >= right
      case .more: left > right
      }
    }
  }

  package enum Invalid: Error, Equatable {
    /// The attribute's values have no order.
    case unordered
    case malformed(String, Scale)
  }

  package let relation: Relation
  package let scale: Scale
  private let bound: Double

  /// - Parameter text: with its sign.
  package init(_ text: Substring, on scale: Scale?) throws(Invalid) {
    guard let scale else { throw .unordered }
    guard let relation = Relation.allCases.first(where: { text.hasPrefix($0.rawValue) }) else { throw .unordered }
    let value = text.dropFirst(relation.rawValue.utf8.count).drop { $0 == " " }
    guard let bound = scale.place(of: String(value)) else { throw .malformed(String(value), scale) }
    self.relation = relation
    self.scale = scale
    self.bound = bound
  }

  /// Whether a value of an instance fits; one that is not what its VR says does not.
  func matches(_ value: String) -> Bool {
    scale.place(of: value).map { relation.holds($0, bound) } ?? false
  }
}

extension Comparison.Invalid: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unordered:
      "only numbers, dates, times and ages can be compared; a text that begins with `<` or `>` is written `\\<`"
    case .malformed(let text, let scale): "`\(text)` is not \(scale.example), with which its values are compared"
    }
  }
}

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
    case .date: Self.date(text.filter { $0 != "-" && $0 != "." }).map(Double.init)
    case .time: Self.time(text.filter { $0 != ":" })
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

  /// Days since 1 March of the year 0 of `YYYYMMDD`.
  private static func date(_ text: some StringProtocol) -> Int? {
    guard digits(text, count: 8) != nil, let year = digits(text.prefix(4), count: 4),
      let month = digits(text.dropFirst(4).prefix(2), count: 2), (1...12).contains(month),
      let day = digits(text.suffix(2), count: 2), (1...31).contains(day)
    else { return nil }
    // Years begin in March here, so that the leap day is the last.
    let years = month > 2 ? year : year - 1
    let days = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return 365 * years + years / 4 - years / 100 + years / 400 + days
  }

  /// Seconds of `HH`, `HHMM` or `HHMMSS`, the last with a fraction: what is left out is zero.
  private static func time(_ text: some StringProtocol) -> Double? {
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
    guard whole.utf8.count == 6, (1...6).contains(parts[1].utf8.count), let fraction = Double("0.\(parts[1])") else {
      return nil
    }
    return seconds + fraction
  }

  /// Seconds of `YYYYMMDDHHMMSS.FFFFFF&ZZXX`, of which everything after the year may be left out from the end.
  private static func dateTime(_ text: String) -> Double? {
    let sign = text.lastIndex { $0 == "+" || $0 == "-" }
    let local = sign.map { text[..<$0] } ?? text[...]
    let lead = local.prefix { $0 != "." }
    guard lead.utf8.count >= 4, let days = date(String(lead.prefix(8)).padded(to: "00000101")) else { return nil }
    let clock = local.dropFirst(8)
    guard let seconds = clock.isEmpty ? 0 : time(clock) else { return nil }
    guard let offset = sign.map({ Self.offset(text[$0...]) }) ?? 0 else { return nil }
    return Double(days) * 86_400 + seconds - offset
  }

  /// Seconds of `+HHMM`.
  private static func offset(_ text: Substring) -> Double? {
    guard let number = digits(text.dropFirst(), count: 4) else { return nil }
    let seconds = Double(number / 100 * 3600 + number % 100 * 60)
    return text.first == "-" ? -seconds : seconds
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
