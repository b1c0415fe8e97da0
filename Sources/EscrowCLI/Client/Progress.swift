import Glibc

/// Shows on standard error how far something is: a bar on a terminal, nothing elsewhere.
struct Progress {
  let total: Int
  private let isTerminal = isatty(STDERR_FILENO) == 1

  init(total: Int) { self.total = total }

  func show(_ done: Int) {
    guard isTerminal, total > 0 else { return }
    let width = 30
    let filled = width * done / total
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    writeError("\r[\(bar)] \(done)/\(total)")
  }

  func end() {
    if isTerminal, total > 0 { writeError("\r\u{1B}[K") }
  }
}
