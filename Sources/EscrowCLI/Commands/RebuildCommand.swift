import ArgumentParser
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowSpool
import Foundation
import LedgerSQLite

/// `escrow rebuild`.
struct RebuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild", abstract: "Make a new ledger from the spool's files, when the old one is lost.",
    discussion: """
      Runs alone: stop the server first, and run it as the server's user. Shows what it would do; --yes does it. The \
      old ledger, if there is any, is kept under another name. When it is interrupted, run it again.

      Every whole file becomes an instance again, is routed as if it arrived now, and is sent again: a destination \
      that has it already takes it as the same instance. Its copy stays until an operator confirms (escrow queue \
      confirm). Lost are: what was sent, proved, held or cancelled; the history of everything, purged instances \
      included; open commitment transactions; webhooks not yet told. Try a backup first (escrow restore).

      Exit codes: 0 done, or can be done; 1 it cannot, or some files cannot be used; 2 usage or configuration.

      Example:
        escrow rebuild --config /etc/escrow/escrow.yaml
        escrow rebuild --config /etc/escrow/escrow.yaml --yes
      """)

  @Flag(help: "Do it.")
  var yes = false

  @Flag(help: "Also take in the complete files of orphans/, which were never acknowledged or were put aside.")
  var orphans = false

  @Option(help: "The configuration file. Default: deploy/escrow.yaml in a checkout, else /etc/escrow/escrow.yaml.")
  var config: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let settings = try ConfigurationFile.load(config).settings
    do {
      let rebuilding = try Rebuilding(settings, takingOrphans: orphans, changing: yes)
      let output = try await yes ? rebuilding.run() : rebuilding.preview()
      if json { try printJSON(output) } else { show(output, settings) }
      if !output.unusable.isEmpty { throw Failure(.no) }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.no, "\(error)")
    }
  }

  private func show(_ output: Rebuilding.Output, _ settings: Settings) {
    print(
      yes
        ? "made a new ledger \(settings.ledger.path)"
        : "the spool \(settings.spool.path) can be taken into a new ledger")
    print(
      "  instances  \(output.instances)"
        + (yes ? ", \(output.held) of them held, \(output.conflicted) conflicting" : ""))
    if output.repeated > 0 { print("  repeated   \(output.repeated) files with the same bytes as another") }
    if output.orphans > 0 {
      print("  orphans    \(output.orphans) complete files\(orphans ? " taken in" : "; --orphans takes them in")")
    }
    for file in output.unusable { print("  unusable   \(file.file): \(file.reason)") }
    if let kept = output.keptLedger { print("  kept       the ledger until now as \(kept)") }
    if let lost = output.lost { print("  lost       what the ledger until now knew: \(lost)") }
    print(
      yes
        ? "Start the server: everything is sent again. Then confirm:  escrow queue confirm --help"
        : "Everything is sent again, and states, proofs and history are lost. --yes does it")
  }
}
