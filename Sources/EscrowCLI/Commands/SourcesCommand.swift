import AdminAPI
import ArgumentParser
import EscrowEngine

/// `escrow sources`.
struct SourcesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sources", abstract: "Look at the peers that send, and at who would like to.",
    discussion: "Examples:\n  escrow sources ls\n  escrow sources ls --unlisted\n  escrow sources allow CT9@10.1.0.19",
    subcommands: [List.self, SourcesAllow.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls",
      abstract: "List the peers that may store: when they were heard, and how much of theirs is here.",
      discussion: """
        With --unlisted, those who wanted to send in the last 30 days and would not be let: no peer, or from another
        address, or calling us by another name.

        Examples:
          escrow sources ls
          escrow sources ls --unlisted
        """)

    @Flag(help: "List who wanted to send and is not let.")
    var unlisted = false

    @OptionGroup var options: ClientOptions

    func run() throws {
      if unlisted { try listUnlisted() } else { try listPeers() }
    }

    private func listUnlisted() throws {
      let page = try options.client().get(
        ListBody<UnlistedSenderBody>.self, "/api/v1/sources/unlisted", json: options.json)
      if options.json { return }
      guard !page.items.isEmpty else { return print("nobody was turned away in the last 30 days") }
      var table = TextTable("SENDER", "CALLED", "TIMES", "LAST", "WHY", "WANTED")
      for item in page.items {
        let wanted = item.proposed.prefix(3).joined(separator: ", ")
        let more = item.proposed.count > 3 ? ", and \(item.proposed.count - 3) more" : ""
        table.add(
          "\(item.callingAE)@\(item.address)".escaped, item.calledAE.escaped, "\(item.attempts)", item.lastAt,
          item.reason,
          wanted.isEmpty ? "-" : wanted + more)
      }
      table.write()
      print("To let one send: escrow sources allow SENDER")
    }

    private func listPeers() throws {
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
