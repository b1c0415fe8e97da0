import ArgumentParser

/// A time as people write it: `30s`, `10m`, `2h`, or a plain number of seconds.
struct WaitLimit: ExpressibleByArgument {
  let seconds: Int

  init(seconds: Int) { self.seconds = seconds }

  init?(argument: String) {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let factor = argument.last.flatMap { units[$0] }
    let digits = factor == nil ? argument : String(argument.dropLast())
    guard let count = Int(digits), count >= 0, count <= 1_000_000 else { return nil }
    seconds = count * (factor ?? 1)
  }

  var defaultValueDescription: String { "\(seconds / 60)m" }
}
