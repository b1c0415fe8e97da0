package import ArgumentParser
import DICOMNetwork
import EscrowCore
import Glibc

/// The `escrow` command.
package struct Escrow: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "escrow",
    abstract: "A DICOM store-and-forward router that deletes nothing on hope.",
    discussion: """
      Receives instances by C-STORE, keeps them on disk, forwards them to the destinations its routes name, asks \
      those for storage commitment, and deletes its copy only when the answer says that it is safe.

      See it work with nothing configured:
        escrow demo

      Exit codes: 0 ok, 1 the answer is no, 2 usage or configuration, 3 cannot reach the server or peer.
      """,
    version: Software.version,
    subcommands: [
      ServeCommand.self, CheckCommand.self, EchoCommand.self, SendCommand.self, CommitCommand.self, StatusCommand.self,
      QueueCommand.self, TraceCommand.self, CommitmentsCommand.self, JobsCommand.self, WebhooksCommand.self,
      RouteCommand.self, SourcesCommand.self, ReloadCommand.self, PurgingCommand.self, LegalHoldCommand.self,
      DestinationsCommand.self, MaintenanceCommand.self, ExportCommand.self, ReconcileCommand.self, SpaceCommand.self,
      RebuildCommand.self,
      BackupCommand.self,
      RestoreCommand.self,
      DemoCommand.self,
    ])

  package init() {}

  /// Runs the command and ends the process with an exit code of ours.
  package static func main() async {
    Heap.useFewArenas()
    StandardOutput.flushLines()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as Failure {
      if !failure.text.isEmpty { printError("escrow: \(failure.text)") }
      Glibc.exit(failure.code.rawValue)
    } catch {
      end(with: error)
    }
  }

  /// Usage errors exit with 2; `--help` and `--version` with 0; what went wrong at work with 1, or 3 for the network.
  private static func end(with error: any Error) -> Never {
    let code = exitCode(for: error)
    let message = fullMessage(for: error)
    if code.isSuccess { print(message) } else { printError(message) }
    switch (code, error) {
    case (_, is AssociationError): Glibc.exit(Failure.Code.unreachable.rawValue)
    case (.success, _): Glibc.exit(0)
    case (.failure, _): Glibc.exit(Failure.Code.no.rawValue)
    default: Glibc.exit(Failure.Code.usage.rawValue)
    }
  }
}
