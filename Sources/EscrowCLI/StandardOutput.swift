@preconcurrency import Glibc

/// Standard output, also when it is a pipe.
enum StandardOutput {
  /// Makes each line go out when it is complete.
  static func flushLines() {
    // `stdout` is set once by the C library, before any of our code runs.
    setvbuf(stdout, nil, _IOLBF, 0)
  }
}
