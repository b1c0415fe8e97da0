import Foundation

/// Where things are in this checkout.
package enum Repository {
  /// The folder of `Package.swift`.
  package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The products of the build that the running tests belong to.
  package static let products =
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path

  /// The built command; `ESCROW_PROGRAM` names another build of it.
  package static let escrow = ProcessInfo.processInfo.environment["ESCROW_PROGRAM"] ?? products + "/escrow"
  /// The same with broken parts, `Sources/EscrowFaulty`.
  package static let faulty = products + "/EscrowFaulty"
  /// The interpreter that has the Python peers' packages; `make deps` installs it.
  package static let python = root + "/.venv/bin/python"

  /// A script of the end-to-end tests.
  package static func peer(_ script: String) -> String { "\(root)/Tests/EndToEndTests/Peers/\(script)" }
}
