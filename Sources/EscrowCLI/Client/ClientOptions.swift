import ArgumentParser
import EscrowConfiguration
import Foundation

/// How a command finds the running server.
struct ClientOptions: ParsableArguments {
  @Option(help: "The server's address, e.g. http://127.0.0.1:8042. Default: $ESCROW_URL, or http of --config.")
  var server: String?

  @Option(help: "The configuration that tells the server's address.")
  var config: String?

  @Flag(help: "Print the server's JSON.")
  var json = false

  /// Whether a server was named, rather than the one of a configuration meant.
  var namesServer: Bool { server != nil || config == nil && Self.serverOfEnvironment != nil }

  private static var serverOfEnvironment: String? { ProcessInfo.processInfo.environment["ESCROW_URL"] }

  /// The client for the server that the options, the environment or the configuration name.
  func client() throws -> EscrowClient {
    if let server { return EscrowClient(base: try ServerAddress.checked(server, from: "--server")) }
    if config == nil, let url = Self.serverOfEnvironment {
      return EscrowClient(base: try ServerAddress.checked(url, from: "ESCROW_URL"))
    }
    let file = ConfigurationFile.path(config)
    guard config != nil || FileManager.default.fileExists(atPath: file) else {
      return EscrowClient(base: "http://127.0.0.1:8042")
    }
    let http = try ConfigurationFile.http(config)
    return EscrowClient(base: http.url(port: http.port))
  }
}
