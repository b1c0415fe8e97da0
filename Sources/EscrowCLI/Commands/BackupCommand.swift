import AdminAPI
import ArgumentParser
import EscrowConfiguration
import EscrowCore
import EscrowSpool
import Foundation
import LedgerSQLite

/// `escrow backup`.
struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copy the ledger, and on request the spool's files, while the server runs or not.",
    discussion: """
      The copy is whole and checked, whatever the server does meanwhile; nothing is overwritten. A running server \
      makes it itself, on its own machine and as its own user. A plain copy of the ledger's file is no backup: its \
      latest commits are in another file.

      With --files the spool's files are put beside it: as hard links where that is possible, which cost no space but \
      share the disk's fate, else as copies.

      Exit codes: 0 made, 1 not made, 2 usage or configuration, 3 a server is there but cannot be reached.

      Example:
        escrow backup /backup/escrow/$(date +%F)
      """)

  @Argument(help: "The folder to make; there must be none of that name, or an empty one.")
  var directory: String

  @Flag(help: "Also the spool's files. Works on the server's machine only.")
  var files = false

  @OptionGroup var options: ClientOptions

  private struct Output: Encodable {
    let directory: String
    let manifest: BackupBody
    let files: Int?
  }

  func run() async throws {
    let folder = BackupFolder(path: URL(fileURLWithPath: directory).standardizedFileURL.path)
    let spool = try files ? ConfigurationFile.load(options.config).settings.spool.path : nil
    let body = try await makeLedger(in: folder)
    let count = try spool.map { try copyFiles(of: $0, to: folder, body) }
    if options.json { return try printJSON(Output(directory: folder.path, manifest: body, files: count)) }
    print("backed up to \(folder.path)")
    print("  ledger     \(bytesText(body.ledger.bytes)), \(countsText(body.instances, none: "no")) instances")
    print("  files      \(count.map { "\($0)" } ?? "not included; --files includes them")")
    print("Put it back, with the server stopped:  escrow restore \(folder.path) --replace")
  }

  /// By the server if one answers, else by ourselves.
  private func makeLedger(in folder: BackupFolder) async throws -> BackupBody {
    do {
      return try options.client().post(
        BackupBody.self, "/api/v1/backup", BackupRequestBody(directory: folder.path), json: false, patience: 0)
    } catch let unreachable as Failure where unreachable.code == .unreachable {
      guard !options.namesServer else { throw unreachable }
      return try await makeAlone(in: folder, unreachable)
    }
  }

  private func makeAlone(in folder: BackupFolder, _ unreachable: Failure) async throws -> BackupBody {
    let settings = try ConfigurationFile.load(options.config).settings
    do {
      let ledger = try LedgerFiles(path: settings.ledger.path)
      guard ledger.exist else { throw LedgerError.missing(path: settings.ledger.path, spool: nil) }
      return try await BackupFolder.create(at: folder.path).write(now: .now()) { try ledger.copy(to: $0) }
    } catch LedgerError.locked {
      throw Failure(.unreachable, "a server has the ledger \(settings.ledger.path), but: \(unreachable.text)")
    } catch {
      throw Failure(.no, "\(error)")
    }
  }

  private func copyFiles(of spool: String, to folder: BackupFolder, _ body: BackupBody) throws -> Int {
    do {
      guard try SpoolIdentity.find(at: spool)?.id == body.ledger.spool else {
        throw Failure(
          .no,
          "the ledger is backed up, but \(spool) is not its spool: run this on the server's machine, with its --config")
      }
      let copy = SpoolCopy(from: spool, to: folder.spool)
      let progress = Progress(total: try copy.count())
      let summary = try copy.run { progress.show(min($0, progress.total)) }
      progress.end()
      return summary.linked + summary.copied
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.no, "the ledger is backed up, but not all files: \(error)")
    }
  }
}
