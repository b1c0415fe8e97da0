import AdminAPI
import ArgumentParser

/// `escrow webhooks`.
struct WebhooksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webhooks", abstract: "Look at webhook endpoints, try one, and send again what it missed.",
    discussion: "Example:\n  escrow webhooks ls\n  escrow webhooks test ops\n  escrow webhooks replay ops",
    subcommands: [List.self, Test.self, Replay.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List the endpoints, or with a name what one was told.",
      discussion: "Example:\n  escrow webhooks ls ops --limit 20")

    @Argument(help: "An endpoint's name: lists what it was or is to be told, the newest first.")
    var name: String?

    @Option(help: "At most this many.")
    var limit = 50

    @OptionGroup var options: ClientOptions

    func run() throws {
      if let name { try log(of: name) } else { try endpoints() }
    }

    private func endpoints() throws {
      let page = try options.client().get(
        ListBody<WebhookEndpointBody>.self, "/api/v1/webhooks", json: options.json)
      if options.json { return }
      guard !page.items.isEmpty else { return print("no webhooks") }
      var table = TextTable("NAME", "STATE", "PENDING", "DEAD", "LAST STATUS", "LAST AT", "URL", "REASON")
      for item in page.items {
        table.add(
          item.name, item.state, "\(item.pending)", "\(item.deadLettered)", item.lastStatus.map { "\($0)" } ?? "-",
          item.lastAt ?? "-", item.url, item.reason ?? "-")
      }
      table.write()
    }

    private func log(of name: String) throws {
      let page = try options.client().get(
        ListBody<WebhookDeliveryBody>.self, "/api/v1/webhooks/\(name.urlEscaped)/deliveries?limit=\(limit)",
        json: options.json)
      if options.json { return }
      guard !page.items.isEmpty else { return print("nothing was told") }
      var table = TextTable("ID", "TYPE", "STATE", "TRIES", "LAST STATUS", "LAST AT", "NEXT AT", "ERROR")
      for item in page.items {
        table.add(
          item.id, item.type, item.state, "\(item.tries)", item.lastStatus.map { "\($0)" } ?? "-", item.lastAt ?? "-",
          item.nextAt ?? "-", item.lastError ?? "-")
      }
      table.write()
      if page.next != nil { print("... and more; raise --limit") }
    }
  }

  struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "test", abstract: "Send a signed ping at once; a 2xx enables a disabled endpoint.",
      discussion: "Exit code 1 when the receiver does not take it.\n\nExample:\n  escrow webhooks test ops")

    @Argument(help: "The endpoint's name.")
    var name: String

    @OptionGroup var options: ClientOptions

    func run() throws {
      let ping = try options.client().post(
        WebhookPingBody.self, "/api/v1/webhooks/\(name.urlEscaped)/test", WebhookReplayBody(), json: options.json)
      let answer = ping.status.map { "status \($0)" } ?? ping.error ?? "no answer"
      if !options.json { print("\(name): \(answer) after \(Int(ping.seconds * 1000)) ms") }
      if !ping.ok { throw Failure(.no, "\(name) did not take the ping") }
    }
  }

  struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "replay", abstract: "Send again what was given up for an endpoint.",
      discussion: "Example:\n  escrow webhooks replay ops\n  escrow webhooks replay ops --id msg_0193a5b2c7d8")

    @Argument(help: "The endpoint's name.")
    var name: String

    @Option(help: "The webhook-id of one message; may be given more than once. Default: all dead letters.")
    var id: [String] = []

    @OptionGroup var options: ClientOptions

    func run() throws {
      let result = try options.client().post(
        WebhookReplayedBody.self, "/api/v1/webhooks/\(name.urlEscaped)/replay",
        WebhookReplayBody(ids: id.isEmpty ? nil : id), json: options.json)
      if !options.json { print("\(result.replayed) messages are sent again") }
    }
  }
}
