import AdminAPI
import ArgumentParser
import DICOM
import EscrowConfiguration
import EscrowCore
import Foundation

/// `escrow sources allow`.
struct SourcesAllow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "allow", abstract: "Let somebody send: write it into the configuration as a peer, and reload.",
    discussion: """
      Adds one line below `peers` of the configuration file; everything else in the file stays as it is. Nothing is
      written if the configuration would be wrong then. Use it on the machine of the server.

      The peer may echo and store. What more it may, and what becomes of what it sends, say the configuration and the
      routes: look with `escrow route test FILE --as AE`.

      Examples:
        escrow sources ls --unlisted
        escrow sources allow CT9@10.1.0.19
        escrow sources allow 'CT 9@10.1.0.19' --name ct-emergency
      """)

  @Argument(help: "The AE title and the address it comes from, as `escrow sources ls --unlisted` shows them.")
  var sender: String

  @Option(help: "The peer's name. Default: the AE title in small letters.")
  var name: String?

  @OptionGroup var options: ClientOptions

  private struct Nothing: Encodable {}

  func run() throws {
    let new = try newSender()
    guard options.config != nil || !options.namesServer else {
      throw Failure(.usage, "say which file the server reads with --config FILE, on its machine")
    }
    let file = ConfigurationFile.path(options.config)
    do throws(ConfigurationError) {
      let environment = ProcessInfo.processInfo.environment
      let text = try ConfigurationLoader.text(of: file, with: new, environment: environment)
      try ConfigurationFile.replace(file, with: text)
    } catch {
      for problem in error.problems { printError("\(problem)") }
      throw Failure(.usage, "\(file) is as it was")
    }
    if !options.json { print("\(file): added\n  \(new.entry)") }
    try reload(new, file)
  }

  private func newSender() throws -> NewSender {
    guard let at = sender.lastIndex(of: "@"), let address = IPAddress(String(sender[sender.index(after: at)...])) else {
      throw Failure(.usage, "`\(sender)` is not AE@ADDRESS, such as CT9@10.1.0.19")
    }
    let aeTitle = AETitle(String(sender[..<at]))
    guard aeTitle.isValid else {
      throw Failure(
        .usage, "`\(aeTitle)` is no AE title: 1 to 16 ASCII characters without a backslash; mend it at the device")
    }
    return NewSender(name.map { PeerName($0) } ?? NewSender.name(for: aeTitle), aeTitle: aeTitle, address: address)
  }

  /// Has the server read it, and says whether it is in force.
  private func reload(_ new: NewSender, _ file: String) throws {
    let client = try options.client()
    do {
      let body = try client.post(ReloadBody.self, "/api/v1/reload", Nothing(), json: options.json)
      if !options.json { ReloadCommand.show(body) }
    } catch let failure as Failure where failure.code == .unreachable {
      throw Failure(.unreachable, "\(failure.text); the server reads \(file) at its next start")
    }
    let sources = try client.get(ListBody<SourceBody>.self, "/api/v1/sources", json: false)
    guard sources.items.contains(where: { $0.name == new.name.rawValue }) else {
      throw Failure(
        .no, "\(client.base) has no peer \(new.name): it reads another file than \(file); name it by --config")
    }
    if !options.json { print("\(new.aeTitle) may send from \(new.address)") }
  }
}
