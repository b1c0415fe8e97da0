import AdminAPI
import ArgumentParser

/// `escrow commitments`.
struct CommitmentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commitments", abstract: "Look at storage commitment transactions.",
    discussion: "Example:\n  escrow commitments ls --to archive --state open",
    subcommands: [List.self, Show.self, BulkCommand<DeliveryVerbs.AskAgain>.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List transactions, newest first.",
      discussion: "Example:\n  escrow commitments ls --state open")

    @Option(help: "Destinations, separated by commas.")
    var to: String?

    @Option(help: "open, answered or refused; several separated by commas.")
    var state: String?

    @Option(help: "At most this many.")
    var limit = 100

    @OptionGroup var options: ClientOptions

    func run() throws {
      var path = "/api/v1/commitments?limit=\(limit)"
      if let to { path += "&to=\(to.urlEscaped)" }
      if let state { path += "&state=\(state.urlEscaped)" }
      let page = try options.client().get(ListBody<CommitmentBody>.self, path, json: options.json)
      if options.json { return }
      guard !page.items.isEmpty else { return print("no transactions") }
      var table = TextTable("TRANSACTION UID", "TO", "STATE", "OPENED", "ASKED FOR", "COMMITTED", "FAILED", "MESSAGE")
      for item in page.items {
        table.add(
          item.transactionUID, item.to, item.state, item.openedAt, "\(item.references)", "\(item.committed)",
          "\(item.failed.count)", item.message ?? "-")
      }
      table.write()
      if page.next != nil { print("... and more; narrow the filter or raise --limit") }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Show one transaction.",
      discussion: "Example:\n  escrow commitments show 2.25.1234")

    @Argument(help: "The Transaction UID.")
    var uid: String

    @OptionGroup var options: ClientOptions

    func run() throws {
      let item = try options.client().get(
        CommitmentBody.self, "/api/v1/commitments/\(uid.urlEscaped)", json: options.json)
      if options.json { return }
      CommitmentsCommand.show(item)
    }
  }

  /// Prints one transaction for people.
  static func show(_ item: CommitmentBody) {
    print("transaction  \(item.transactionUID)")
    print("to           \(item.to)\(item.manual ? " (asked for through the API)" : "")")
    print("state        \(item.state)\(item.message.map { ": \($0)" } ?? "")")
    print("opened       \(item.openedAt)")
    if let answered = item.answeredAt { print("answered     \(answered) by \(item.reportedBy ?? "?")") }
    if let next = item.nextAskAt { print("next ask     \(next)") }
    print("references   \(item.references): \(item.committed) committed, \(item.failed.count) failed")
    for failed in item.failed { print("  \(failed.reasonCode)  \(failed.sopInstanceUID)") }
  }
}
