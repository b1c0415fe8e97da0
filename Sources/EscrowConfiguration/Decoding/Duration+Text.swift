extension Duration {
  /// As it is written in a configuration, in the largest unit that takes no fraction: `24h`, `90m`, `45s`.
  package var text: String {
    let seconds = components.seconds
    // A day is told as the hours that people write: `24h`, but `7d`.
    let units: [(suffix: String, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("m", 60)]
    let unit = units.first { seconds >= $0.seconds * ($0.suffix == "d" ? 2 : 1) && seconds.isMultiple(of: $0.seconds) }
    return unit.map { "\(seconds / $0.seconds)\($0.suffix)" } ?? "\(seconds)s"
  }
}
