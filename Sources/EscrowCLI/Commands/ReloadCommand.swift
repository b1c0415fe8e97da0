import AdminAPI
import ArgumentParser

/// `escrow reload`.
struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Let the running server read its configuration and routes again.",
    discussion: """
      Everything is right, or nothing changes and every problem is shown with file, line and column. What runs ends by \
      the rules it began with. Addresses and ports to listen on, dicom.limits, spool.path, ledger.path and \
      builtInArchive count from the next start on. What is held stays held; `escrow queue reroute` asks the new routes.

      Exit code 2 when the configuration is wrong.

      Example:
        escrow reload
      """)

  @OptionGroup var options: ClientOptions

  private struct Nothing: Encodable {}

  func run() throws {
    let body = try options.client().post(ReloadBody.self, "/api/v1/reload", Nothing(), json: options.json)
    if !options.json { Self.show(body) }
  }

  static func show(_ body: ReloadBody) {
    for warning in body.warnings { printError(warning) }
    print("in force: \(body.routes) routes, \(body.peers) peers")
    if !body.restartNeeded.isEmpty {
      print("changed, but in force only after a restart: \(body.restartNeeded.joined(separator: ", "))")
    }
    guard body.held > 0 else { return }
    let examined = body.examined < body.held ? " (of the \(body.examined) that were looked at)" : ""
    print("\(body.held) instances are held; \(body.wouldMatch) would be sent now\(examined): escrow queue reroute")
  }
}
