import AdminAPI
import ArgumentParser
import EscrowConfiguration
import EscrowCore
import EscrowSpool
import Foundation
import LedgerSQLite

/// `escrow restore`.
struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Put a backup of the ledger back, and the spool's files if it has any.",
    discussion: """
      Runs alone: stop the server first, and run it as the server's user. Checks the backup and shows what it would \
      do; --yes does it. An existing ledger is kept under another name, files of the spool are never replaced.

      At its next start the server brings the older ledger and the spool together: what arrived since is taken in \
      again, what was purged since is marked so, and what may be lost is an alarm. No copy goes before an operator \
      confirms (escrow queue confirm).

      Exit codes: 0 done, or can be done; 1 it cannot; 2 usage or configuration.

      Example:
        escrow restore /backup/escrow/2026-11-25 --replace --yes
      """)

  @Argument(help: "A folder that escrow backup made.")
  var directory: String

  @Flag(help: "Also when a ledger is there; it is kept under another name.")
  var replace = false

  @Flag(help: "Begin with an empty spool when there is none and the backup has no files.")
  var emptySpool = false

  @Flag(help: "Do it.")
  var yes = false

  @Option(help: "The configuration file. Default: deploy/escrow.yaml in a checkout, else /etc/escrow/escrow.yaml.")
  var config: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let settings = try ConfigurationFile.load(config).settings
    let folder = BackupFolder(path: URL(fileURLWithPath: directory).standardizedFileURL.path)
    do {
      let restore = try Restore(
        of: folder, to: settings, replacing: replace, beginningEmpty: emptySpool)
      let output = try yes ? restore.run() : restore.preview
      if json { return try printJSON(output) }
      show(output, restore)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.no, "\(error)")
    }
  }

  private func show(_ output: Restore.Output, _ restore: Restore) {
    let made = restore.manifest.madeAt
    print(yes ? "the ledger of \(made) is back" : "the backup of \(made) is whole and can be put back")
    print("  ledger     \(countsText(restore.manifest.instances, none: "no")) instances")
    print("  files      \(output.files.map { "\($0) put back" } ?? restore.filesText)")
    if let kept = output.keptLedger { print("  kept       the ledger until now as \(kept)") }
    print(yes ? "Start the server, then see what it found:  escrow status" : "--yes does it")
  }
}
