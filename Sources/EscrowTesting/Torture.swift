import Foundation

/// How hard the tests try that could go on for ever: with seeds, kills, crash points.
///
/// The environment's `TORTURE` multiplies what a usual run does; `make torture` sets it.
package enum Torture {
  package static let factor = max(1, ProcessInfo.processInfo.environment["TORTURE"].flatMap { Int($0) } ?? 1)

  /// So many times, where a usual run does it `count` times.
  package static func times(_ count: Int) -> Int { count * factor }

  /// The seed of a search: the same each time in a usual run, so that it means the same everywhere; another one each
  /// time under torture.
  package static var seed: Int { factor == 1 ? 1 : Int.random(in: 0..<1 << 32) }

  /// Prints what was done, also when nothing was found.
  package static func report(_ text: String) {
    FileHandle.standardError.write(Data("torture: \(text.trimmingCharacters(in: .whitespacesAndNewlines))\n".utf8))
  }
}
