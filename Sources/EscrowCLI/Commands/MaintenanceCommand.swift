import AdminAPI
import ArgumentParser

/// `escrow maintenance`.
struct MaintenanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "maintenance", abstract: "Take nothing in for a while; all else goes on.",
    discussion: """
      While it is on, C-STORE is refused (A700, "in maintenance": senders keep their copies and try again) and uploads by \
      HTTP get 503. Verification, commitment requests and reports, sending and purging go on. It outlasts a restart.

      Example:
        escrow maintenance on --reason 'disk exchange'
        escrow maintenance off
      """,
    subcommands: [On.self, Off.self, Show.self], defaultSubcommand: Show.self)

  private static let path = "/api/v1/maintenance"

  private static func tell(_ body: MaintenanceBody) {
    guard body.on else { return print("not in maintenance: what is sent here is taken") }
    print("in maintenance since \(body.since ?? "-"): \(body.text ?? "-")")
  }

  struct On: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "on", abstract: "Stop the intake; what is being received ends.",
      discussion: "Needs a --reason.\n\nExample:\n  escrow maintenance on --reason 'disk exchange'")

    @Option(help: "Why, for the record.") var reason: String?
    @OptionGroup var options: ClientOptions

    func run() throws {
      let body = try options.client().post(
        MaintenanceBody.self, MaintenanceCommand.path, MaintenanceRequestBody(on: true, reason: reason),
        json: options.json)
      if !options.json { MaintenanceCommand.tell(body) }
    }
  }

  struct Off: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "off", abstract: "Take in again.", discussion: "Example:\n  escrow maintenance off")

    @Option(help: "Why, for the record.") var reason: String?
    @OptionGroup var options: ClientOptions

    func run() throws {
      let body = try options.client().post(
        MaintenanceBody.self, MaintenanceCommand.path, MaintenanceRequestBody(on: false, reason: reason),
        json: options.json)
      if !options.json { MaintenanceCommand.tell(body) }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Say whether it is in maintenance.",
      discussion: "Exit code 1 when it is.\n\nExample:\n  escrow maintenance show")

    @OptionGroup var options: ClientOptions

    func run() throws {
      let body = try options.client().get(MaintenanceBody.self, MaintenanceCommand.path, json: options.json)
      if !options.json { MaintenanceCommand.tell(body) }
      if body.on { throw Failure(.no) }
    }
  }
}
