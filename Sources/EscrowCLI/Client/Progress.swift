import Glibc

/// Shows on standard error how far something is: a bar on a terminal, now and then a line elsewhere.
final class Progress {
  let total: Int
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastLine = ContinuousClock.now
  private var lastDone = 0

  init(total: Int) { self.total = total }

  func show(_ done: Int) {
    guard isTerminal else { return showLine(done) }
    guard total > 0 else { return }
    let width = 30
    let filled = width * done / total
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    writeError("\r[\(bar)] \(done)/\(total)")
  }

  /// Every ten seconds while something moves.
  private func showLine(_ done: Int) {
    guard done > lastDone, ContinuousClock.now - lastLine > .seconds(10) else { return }
    lastDone = done
    lastLine = .now
    writeError("\(done) of \(total)\n")
  }

  func end() {
    if isTerminal, total > 0 { writeError("\r\u{1B}[K") }
  }
}
