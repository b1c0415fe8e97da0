import DICOM
import ArgumentParser
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import Foundation

/// `escrow route`.
struct RouteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "route", abstract: "Try routes on files, and on what was received.",
    discussion: "Example:\n  escrow route test --as CT1 study/*.dcm", subcommands: [Test.self, RouteReplayCommand.self])

  struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "test", abstract: "Show for each file which routes match, and where it would go.",
      discussion:
        "Runs alone, without a server. Exit code 1 when a file would be held.\n\nExample:\n  escrow route test --as CT1 study/*.dcm"
    )

    @Argument(help: "DICOM files.")
    var files: [String]

    @Option(name: .customLong("as"), help: "The AE title that would send it.")
    var callingAE = "ANY"

    @Option(help: "The AE title that would be called.")
    var called: String?

    @Option(help: "The address that it would come from.")
    var from = "127.0.0.1"

    @Option(help: "The configuration file.")
    var config: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
      for (option, text) in [("--as", callingAE), ("--called", called ?? "ESCROW")] where !AETitle(text).isValid {
        throw ValidationError("\(option): `\(text)` is no AE title: 1 to 16 ASCII characters without a backslash")
      }
      guard IPAddress(from) != nil else {
        throw ValidationError("--from: `\(from)` is no IP address such as 10.1.0.19")
      }
    }

    func run() throws {
      let settings = try ConfigurationFile.load(config).settings
      var someHeld = false
      var bodies: [RoutePreview.Body] = []
      for file in files {
        let preview: RoutePreview
        do {
          preview = try RoutePreview(
            file: file, callingAE: callingAE, calledAE: called ?? settings.aeTitles.first?.rawValue ?? "ESCROW",
            address: from, routes: settings.routes)
        } catch let failure as Failure {
          throw failure
        } catch {
          throw Failure(.usage, "\(file): \(error)")
        }
        if preview.plan.hold != nil { someHeld = true }
        bodies.append(preview.body)
        guard !json else { continue }
        print(file)
        for line in preview.lines { print("  \(line)") }
      }
      if json { try printJSON(bodies) }
      if someHeld { throw Failure(.no) }
    }
  }
}
