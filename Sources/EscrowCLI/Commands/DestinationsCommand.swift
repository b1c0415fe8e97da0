import AdminAPI
import ArgumentParser

/// `escrow destinations`.
struct DestinationsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "destinations", abstract: "Look at destinations and what waits for them; stop, move or end them.",
    discussion: """
      Example:
        escrow destinations ls
        escrow destinations show archive
        escrow destinations drain archive --reason 'update tonight'
        escrow destinations resume archive
        escrow destinations repoint archive --to archive2 --reason 'archive is broken' --yes
        escrow destinations retire archive --reason 'replaced' --yes
      """,
    subcommands: [
      List.self, DestinationShow.self, Drain.self, Resume.self, DestinationRepoint.self, DestinationRetire.self,
    ], defaultSubcommand: List.self)

  static func path(_ name: String, _ verb: String = "") -> String {
    "/api/v1/destinations/\(name.urlEscaped)" + (verb.isEmpty ? "" : "/\(verb)")
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List the destinations with their health and how much waits for each.",
      discussion: "Example:\n  escrow destinations ls")

    @OptionGroup var options: ClientOptions

    func run() throws {
      let page = try options.client().get(
        ListBody<NamedDestinationBody>.self, "/api/v1/destinations", json: options.json)
      if options.json { return }
      if page.items.isEmpty { return print("no destination: no peer has host and port") }
      var table = TextTable("DESTINATION", "HEALTH", "QUEUED", "SENT", "REQUESTED", "FAILED", "OLDEST", "REASON")
      for item in page.items { table.add(item.name, item.destination) }
      table.write()
    }
  }

  struct Drain: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "drain", abstract: "Send nothing to a destination until it is resumed; what is being sent ends.",
      discussion: """
        What comes for it waits. What was sent is asked for as before. It outlasts a restart. Needs a --reason.

        Example:
          escrow destinations drain archive --reason 'update tonight'
        """)

    @Argument(help: "The destination.") var name: String
    @Option(help: "Why, for the record.") var reason: String?
    @OptionGroup var options: ClientOptions

    func run() throws {
      let body = try options.client().post(
        DestinationStopBody.self, DestinationsCommand.path(name, "drain"), DestinationRequestBody(reason: reason),
        json: options.json)
      if !options.json { print("\(name) is \(body.stop?.text ?? "not stopped")") }
    }
  }

  struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "resume", abstract: "Send to a drained or retired destination again.",
      discussion: "Example:\n  escrow destinations resume archive")

    @Argument(help: "The destination.") var name: String
    @Option(help: "Why, for the record.") var reason: String?
    @OptionGroup var options: ClientOptions

    func run() throws {
      _ = try options.client().post(
        DestinationStopBody.self, DestinationsCommand.path(name, "resume"), DestinationRequestBody(reason: reason),
        json: options.json)
      if !options.json { print("\(name) is sent to again") }
    }
  }
}

extension TextTable {
  /// A destination's line, as `escrow status` shows it.
  mutating func add(_ name: String, _ body: DestinationBody) {
    let next = body.nextProbeAt.map { " (next probe \($0))" } ?? ""
    add(
      name, body.stop?.state ?? body.health, "\(body.queued)", "\(body.sent)", "\(body.requested)", "\(body.failed)",
      body.oldestAgeSeconds.map { "\(Int($0)) s" } ?? "-", body.stop?.text ?? (body.reason ?? "-") + next)
  }
}
