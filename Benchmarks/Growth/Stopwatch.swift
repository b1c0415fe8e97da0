import Foundation

/// Takes the time of operations, each some times.
struct Stopwatch {
  private var medians: [String: Double] = [:]

  /// Notes the median of `repetitions`, in microseconds; `body` is told how many came before.
  mutating func time(_ name: String, repetitions: Int = 100, _ body: (Int) async throws -> Void) async throws {
    var times: [Double] = []
    for number in 0..<repetitions {
      let start = ContinuousClock.now
      try await body(number)
      times.append((ContinuousClock.now - start) / .microseconds(1))
    }
    medians[name] = times.sorted()[times.count / 2]
  }

  var report: Report {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Report(peakMB: usage.ru_maxrss / 1024, microseconds: medians)
  }

  /// What is printed.
  struct Report: Encodable {
    /// The most memory that the process had.
    let peakMB: Int
    let microseconds: [String: Double]
  }
}
