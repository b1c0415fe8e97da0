import Foundation

/// A wall clock that goes wrong when the test says so, for one process: `Tests/Faults/wallclock.c`. The monotonic clock
/// goes on.
package struct WallClock: Sendable {
  private let file: String
  private let library: String

  /// One that is right.
  package init(on stage: Stage) async throws {
    file = stage.directory.appending("clock")
    library = stage.directory.appending("wallclock.so")
    let source = Repository.root + "/Tests/Faults/wallclock.c"
    try await Command("cc", ["-O2", "-Wall", "-shared", "-fPIC", "-o", library, source]).check()
    try step(to: .zero)
  }

  /// Sets it off by so much from now on.
  package func step(to offset: Duration) throws {
    // A file that is half written would be a time, too.
    try Data("\(offset.components.seconds)\n".utf8).write(to: URL(filePath: file), options: .atomic)
  }

  var environment: [String: String] { ["LD_PRELOAD": library, "WALLCLOCK": file] }
}
