import DICOM
import ArgumentParser
import EscrowConfiguration
import EscrowCore
import Logging

/// `escrow serve`.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run the router.",
    discussion: """
      Stops on SIGTERM and SIGINT: what is being sent is finished, everything else is on disk. Reads its configuration \
      again on SIGHUP, on `escrow reload`, and when a route file changed: all of it is right, or nothing changes.

      Example:
        escrow serve --config /etc/escrow/escrow.yaml
      """)

  @Option(help: "The configuration file. Default: deploy/escrow.yaml in a checkout, else /etc/escrow/escrow.yaml.")
  var config: String?

  func run() async throws {
    let settings = try ConfigurationFile.load(config).settings
    let source = ConfigurationSource(file: ConfigurationFile.path(config), settings: settings)
    let logger = LogOutput.logger(level: settings.log.level)
    var composition = Composition(settings: settings, logger: logger)
    composition.routesOnDisk = { [config] in try ConfigurationFile.read(config).settings.routes }
    composition.source = source
    composition.ready = { dicom, http in
      print("escrow \(Software.version) is ready")
      print("  DICOM  \(settings.aeTitles.first?.rawValue ?? "ESCROW")@\(settings.dicom.host):\(dicom)")
      print("  API    http://\(settings.http.host):\(http)/api/v1/status")
      if let port = settings.builtInArchivePort { print("  a built-in archive answers on 127.0.0.1:\(port)") }
      print("Send it something:   storescu -aec ESCROW localhost \(dicom) image.dcm")
      print("See what happens:    escrow status")
    }
    do {
      try await composition.run()
    } catch {
      throw Failure(.no, "\(error)")
    }
  }
}
