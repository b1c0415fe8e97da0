import AdminAPI
import ArgumentParser

/// `escrow sources`.
struct SourcesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sources", abstract: "Look at the peers that send.",
    discussion: "Example:\n  escrow sources ls", subcommands: [List.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls",
      abstract: "List the peers that may store: when they were heard, and how much of theirs is here.",
      discussion: "Example:\n  escrow sources ls")

    @OptionGroup var options: ClientOptions

    func run() throws {
      let page = try options.client().get(ListBody<SourceBody>.self, "/api/v1/sources", json: options.json)
      if options.json { return }
      guard !page.items.isEmpty else { return print("no peer may store") }
      var table = TextTable("SOURCE", "AE TITLE", "LAST RECEIVED", "COPIES", "HERE", "QUOTA", "REMARK")
      for item in page.items {
        table.add(
          item.name, item.aeTitle, item.lastReceivedAt ?? "never", "\(item.copies)", bytesText(item.bytes),
          item.quotaBytes.map { bytesText($0) } ?? "-", Self.remark(item))
      }
      table.write()
    }

    private static func remark(_ item: SourceBody) -> String {
      let remarks = [
        item.full ? "refused: its quota is used up" : nil, item.silent ? "silent" : nil,
        item.hold.map { "held: \($0)" },
      ].compactMap { $0 }
      return remarks.isEmpty ? "-" : remarks.joined(separator: "; ")
    }
  }
}
