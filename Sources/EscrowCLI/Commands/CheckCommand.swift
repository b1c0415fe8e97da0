import EscrowCore
import ArgumentParser
import EscrowConfiguration
import Foundation

/// `escrow check`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check the configuration and the routes, all problems at once.",
    discussion: """
      Runs the same code as serve. Every problem is shown with file, line and column; exit code 2 when there are any.

      Example:
        escrow check --config /etc/escrow/escrow.yaml
      """)

  @Option(help: "The configuration file. Default: deploy/escrow.yaml in a checkout, else /etc/escrow/escrow.yaml.")
  var config: String?

  @Flag(help: "Print JSON.")
  var json = false

  private struct Body: Encodable {
    let ok: Bool
    let problems: [Line]

    struct Line: Encodable {
      let file: String
      let line: Int
      let column: Int
      let severity: String
      let text: String
    }
  }

  func run() throws {
    if json { return try runForMachines() }
    let settings = try ConfigurationFile.load(config).settings
    let destinations = settings.peers.values.filter { $0.host != nil && $0.port != nil }.count
    print(
      "ok: \(settings.peers.count) peers (\(destinations) with host and port), \(settings.routes.routes.count) routes, "
        + "\(settings.webhooks.count) webhooks")
    if settings.routes.routes.isEmpty { print("note: without routes everything that is received is held") }
  }

  private func runForMachines() throws {
    var problems: [Problem] = []
    var isValid = true
    do {
      problems = try ConfigurationFile.read(config).warnings
    } catch {
      isValid = false
      problems = error.problems
    }
    let body = Body(
      ok: isValid,
      problems: problems.map {
        .init(file: $0.file, line: $0.line, column: $0.column, severity: $0.severity.rawValue, text: $0.text)
      })
    try printJSON(body)
    if !isValid { throw Failure(.usage) }
  }
}
