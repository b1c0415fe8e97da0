import AdminAPI
import ArgumentParser

/// `escrow queue`.
struct QueueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue", abstract: "Look at deliveries and change what happens to them.",
    discussion: "Example:\n  escrow queue ls --to archive\n  escrow queue retry --to archive --state failed --yes",
    subcommands: [List.self, Retry.self], defaultSubcommand: List.self)

  /// Which deliveries.
  struct Filter: ParsableArguments {
    @Option(help: "Destinations, separated by commas.")
    var to: String?

    @Option(help: "States, separated by commas: queued, sending, sent, requested, delivered, failed, cancelled, ...")
    var state: String?

    @Option(help: "A Study Instance UID.")
    var study: String?

    @Option(help: "A SOP Instance UID.")
    var instance: String?

    /// As query parameters; open states when nothing else is asked for.
    func query(defaultState: String) -> String {
      var parts = ["state=\((state ?? defaultState).urlEscaped)"]
      if let to { parts.append("to=\(to.urlEscaped)") }
      if let study { parts.append("studyInstanceUID=\(study.urlEscaped)") }
      if let instance { parts.append("sopInstanceUID=\(instance.urlEscaped)") }
      return parts.joined(separator: "&")
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List what waits, with the reason, the last error and the next time.",
      discussion: "Example:\n  escrow queue ls --to archive --state queued,failed")

    @OptionGroup var filter: Filter
    @OptionGroup var options: ClientOptions

    @Option(help: "At most this many.")
    var limit = 100

    func run() throws {
      let path =
        "/api/v1/deliveries?\(filter.query(defaultState: "queued,sending,sent,requested,failed"))&limit=\(limit)"
      let page = try options.client().get(ListBody<QueueBody>.self, path, json: options.json)
      if options.json { return }
      guard !page.items.isEmpty else { return print("nothing waits") }
      var table = TextTable("ID", "TO", "STATE", "PROOF", "TRIES", "NEXT", "SOP INSTANCE UID", "REASON")
      for item in page.items {
        let delivery = item.delivery
        let reason = [delivery.hold.map { "held by \($0.by): \($0.reason)" }, delivery.reason, delivery.lastError]
          .compactMap { $0 }.joined(separator: "; ")
        table.add(
          "\(delivery.id)", delivery.to, delivery.state, delivery.proof, "\(delivery.attempts)",
          delivery.notBefore ?? "-", item.sopInstanceUID, reason.isEmpty ? "-" : reason)
      }
      table.write()
      if page.next != nil { print("... and more; narrow the filter or raise --limit") }
    }
  }

  struct Retry: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "retry", abstract: "Put failed or cancelled deliveries back into the queue.",
      discussion:
        "Shows how many would be changed; --yes changes them.\n\nExample:\n  escrow queue retry --to archive --yes")

    @OptionGroup var filter: Filter
    @OptionGroup var options: ClientOptions

    @Option(help: "The number of one delivery; may be given more than once.")
    var id: [Int64] = []

    @Option(help: "Why, for the record.")
    var reason: String?

    @Flag(help: "Do it.")
    var yes = false

    func run() throws {
      let request = BulkRequestBody(
        filter: .init(
          id: id.isEmpty ? nil : id, state: list(filter.state ?? "failed,cancelled"), to: list(filter.to),
          sopInstanceUID: filter.instance, studyInstanceUID: filter.study),
        dryRun: !yes, reason: reason)
      let result = try options.client().post(
        BulkResultBody.self, "/api/v1/deliveries/retry", request, json: options.json)
      if options.json { return }
      print(
        yes ? "\(result.changed) of \(result.matched) queued again" : "\(result.matched) match; --yes queues them again"
      )
      for skipped in result.skipped { print("  delivery \(skipped.id) skipped: \(skipped.reason)") }
      if result.matched == 0 { throw Failure(.no, "no delivery matches") }
    }

    private func list(_ text: String?) -> [String]? { text?.split(separator: ",").map(String.init) }
  }
}
