import EscrowCore

extension Format where Value == Duration {
  /// `30s`, `10m`, `2h` or `7d`, at most a hundred years.
  static func duration(atLeast least: Duration = .seconds(1)) -> Format {
    let bound = least > .seconds(1) ? ", at least `\(least.text)`" : least > .zero ? "" : "; `0s` is allowed"
    return Format("a duration such as `30s`, `10m`, `2h` or `7d`\(bound)") { text in
      guard let unit = text.last.flatMap({ seconds[$0] }), let count = digits(text.dropLast()), count <= 3_155_760_000
      else { return nil }
      let (total, overflow) = count.multipliedReportingOverflow(by: unit)
      return !overflow && total <= 3_155_760_000 && .seconds(total) >= least ? .seconds(total) : nil
    }
  }

  private static var seconds: [Character: Int] { ["s": 1, "m": 60, "h": 3600, "d": 86_400] }
}

extension Format where Value == Int64 {
  /// Bytes as `20MB` (powers of 1000) or `64MiB` (powers of 1024).
  static func size(_ range: ClosedRange<Int64> = 1...Int64.max) -> Format {
    Format("a size such as `20MB` or `64MiB`\(words(range))") { text in
      bytes(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }

  private static func words(_ range: ClosedRange<Int64>) -> String {
    range == 1...Int64.max ? "" : ", from \(range.lowerBound) to \(range.upperBound) bytes"
  }
}

extension Format where Value == Int64 {
  /// Bytes a second, as `20MB/s`.
  static var rate: Format {
    Format("a rate such as `20MB/s` or `512KiB/s`, at least `1KB/s`") { text in
      guard text.hasSuffix("/s"), let rate = bytes(String(text.dropLast(2))), rate >= 1000 else { return nil }
      return rate
    }
  }
}

extension Format where Value == TimeWindow {
  static var timeWindow: Format {
    Format("a window such as `20:00-06:00` or `Mon-Fri 18:00-07:00`, or a list of them") { TimeWindow($0) }
  }
}

extension Format where Value == Int {
  /// As for `Int64`.
  static func size(_ range: ClosedRange<Int64>) -> Format {
    let size = Format<Int64>.size(range)
    return Format(size.expected) { text throws(Misfit) in try size.parse(text).map(Int.init) }
  }
}

extension Format where Value == Settings.Watermark {
  /// A share of the file system or a size.
  static var watermark: Format {
    Format("a share such as `5%` or a size such as `20GB`") { text in
      guard text.last == "%" else { return bytes(text).map(Settings.Watermark.bytes) }
      guard text.dropLast().allSatisfy({ $0 == "." || $0.isNumber }),
        let share = Double(text.dropLast()), (0...100).contains(share)
      else { return nil }
      return .percent(share)
    }
  }
}

private let units: [(suffix: String, factor: Int64)] = [
  ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
  ("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
]

private func bytes(_ text: String) -> Int64? {
  guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
    let count = digits(text.dropLast(unit.suffix.count))
  else { return nil }
  let (total, overflow) = Int64(count).multipliedReportingOverflow(by: unit.factor)
  return overflow ? nil : total
}
