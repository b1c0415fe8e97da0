import Glibc

/// Why a command ends without having done what it was asked.
struct Failure: Error {
  /// What the process exits with.
  enum Code: Int32 {
    case no = 1
    case usage = 2
    case unreachable = 3
  }

  let code: Code
  /// What is said on standard error; empty when everything was said.
  let text: String

  init(_ code: Code, _ text: String = "") {
    self.code = code
    self.text = text
  }
}

/// Prints a line on standard error.
func printError(_ text: String) { writeError(text + "\n") }

/// Writes to standard error, unbuffered.
func writeError(_ text: String) {
  let bytes = Array(text.utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}
