import Foundation
import NIOConcurrencyHelpers

/// The built `escrow` with a configuration and data of its own, as an administrator would run it.
package final class EscrowProcess: Sendable {
  package let aeTitle: String
  package let port: Int
  package let httpPort: Int
  package let http: HTTPClient
  /// The configuration file.
  package let configuration: String

  private let stage: Stage
  /// Where its configuration and data are on the stage: empty, or a folder's name and a slash.
  private let folder: String
  private let running = NIOLockedValueBox<PeerProcess?>(nil)

  /// Prepares one, on `port` if its peers had to know that before: `peers` and `more` are YAML (members of `peers:`, and
  /// further top-level keys), `routes` the route files by name, `spool` and `ledger` the values of those keys. A second
  /// one on a stage needs an AE title of its own.
  package init(
    on stage: Stage, aeTitle: String = "ESCROW", port: Int? = nil, peers: String, routes: [String: String],
    more: String = "", spool: String = "{ path: spool, lowWatermark: 512MB, stopWatermark: 256MB }",
    ledger: String = "{ path: escrow.db }"
  ) throws {
    self.stage = stage
    self.aeTitle = aeTitle
    folder = aeTitle == "ESCROW" ? "" : "\(aeTitle.lowercased())/"
    self.port = try port ?? stage.ports.next()
    httpPort = try stage.ports.next()
    http = HTTPClient(port: httpPort)
    configuration = try stage.directory.write(
      """
      aeTitle: \(aeTitle)
      dicom: { host: 127.0.0.1, port: \(self.port) }
      http: { host: 127.0.0.1, port: \(httpPort) }
      spool: \(spool)
      ledger: \(ledger)
      study: { quiet: 1s }
      routes: { path: routes }
      \(more)
      peers:
      \(peers.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))

      """, to: "\(folder)escrow.yaml")
    _ = try stage.directory.makeFolder("\(folder)routes")
    for (name, route) in routes { try write(route: name, route) }
  }

  /// Uses a configuration that is there, with its ports.
  package init(on stage: Stage, configuration: String, port: Int, httpPort: Int) {
    self.stage = stage
    aeTitle = "ESCROW"
    folder = ""
    self.port = port
    self.httpPort = httpPort
    self.configuration = configuration
    http = HTTPClient(port: httpPort)
  }

  /// Prepares one and starts it.
  package static func start(
    on stage: Stage, aeTitle: String = "ESCROW", port: Int? = nil, peers: String, routes: [String: String],
    more: String = ""
  ) async throws -> EscrowProcess {
    let escrow = try EscrowProcess(
      on: stage, aeTitle: aeTitle, port: port, peers: peers, routes: routes, more: more)
    try await escrow.start()
    return escrow
  }

  /// Writes or replaces a route file; it counts from the next start or reload on.
  package func write(route name: String, _ text: String) throws {
    try stage.directory.write(text + "\n", to: "\(folder)routes/\(name).yaml")
  }

  /// Starts the server and returns when it is ready. It finds the data of the server before it.
  package func start(under clock: WallClock? = nil, environment: [String: String] = [:]) async throws {
    let process = try await launch(environment: environment.merging(clock?.environment ?? [:]) { $1 })
    try await eventually("escrow is ready") {
      guard process.isRunning else { return true }
      return try await http.request("GET", "/health/ready").status == 200
    }
    guard process.isRunning else { throw ProcessError("escrow ended\n\(process.logTail())") }
  }

  /// Starts the server, whatever becomes of it.
  @discardableResult
  package func launch(environment: [String: String] = [:]) async throws -> PeerProcess {
    let process = try await stage.start(
      Command(Repository.escrow, ["serve", "--config", configuration], environment: environment),
      named: aeTitle.lowercased())
    running.withLockedValue { $0 = process }
    return process
  }

  /// Ends it without warning.
  package func kill() async {
    _ = await running.withLockedValue { $0 }?.kill()
  }

  /// Sends it a signal that need not end it.
  package func signal(_ number: Int32) { running.withLockedValue { $0 }?.send(signal: number) }

  /// Ends it as systemd would, and returns how it ended.
  package func stop() async -> ExitStatus? {
    await running.withLockedValue { $0 }?.terminate()
  }

  /// The most memory that it had resident so far, in bytes; 0 when it does not run.
  package var peakResidentBytes: Int {
    guard let process = running.withLockedValue({ $0 }) else { return 0 }
    let lines = text(of: "/proc/\(process.processID)/status").split(separator: "\n")
    let peak = lines.first { $0.hasPrefix("VmHWM:") }?.split(whereSeparator: \.isWhitespace).dropFirst().first
    return peak.flatMap { Int($0) }.map { $0 << 10 } ?? 0
  }

  /// Its log so far.
  package var log: String { text(of: stage.directory.appending("\(aeTitle.lowercased()).log")) }

  /// DCMTK's programs against it.
  package func dcmtk(calling: String) -> DCMTK { DCMTK(port: port, called: aeTitle, calling: calling) }

  /// Runs a command against the running server.
  package func cli(_ arguments: String...) async throws -> CommandResult {
    try await Command(
      Repository.escrow, arguments, environment: ["ESCROW_URL": http.base],
      directory: stage.directory.path
    ).run()
  }

  /// Runs a command that works alone, on the configuration.
  package func alone(_ arguments: String...) async throws -> CommandResult {
    try await Command(Repository.escrow, arguments + ["--config", configuration]).run()
  }

  /// The files that the spool holds.
  ///
  /// Orphans do not count: what a kill cut off before it was acknowledged is kept aside for some days.
  package var spooled: [String] {
    stage.directory.files(in: "\(folder)spool", suffix: ".dcm").filter {
      !$0.contains("/orphans/") && !$0.hasPrefix("orphans/")
    }
  }
}
