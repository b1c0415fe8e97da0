package import EscrowConfiguration
package import EscrowEngine

/// `POST /api/v1/reload`: what is in force now.
package struct ReloadBody: Codable, Sendable {
  package var routes: Int
  package var peers: Int
  /// Instances that are held; a reload does not move them.
  package var held: Int
  /// How many of these were looked at.
  package var examined: Int
  /// How many of those the routes would send now.
  package var wouldMatch: Int
  /// The keys that changed and count from the next start on.
  package var restartNeeded: [String]
  /// What works but should be looked at, with file, line and column.
  package var warnings: [String]

  package init(_ result: RuleChange.Result, warnings: [Problem]) {
    routes = result.routes
    peers = result.peers
    held = result.held
    examined = result.examined
    wouldMatch = result.wouldMatch
    restartNeeded = result.restartNeeded
    self.warnings = warnings.map(\.description)
  }
}

/// A problem of the configuration, as an error's answer lists it.
package struct ProblemBody: Codable, Sendable, Equatable {
  package var file: String
  package var line: Int
  package var column: Int
  package var text: String

  init(_ problem: Problem) {
    file = problem.file
    line = problem.line
    column = problem.column
    text = problem.text
  }
}
