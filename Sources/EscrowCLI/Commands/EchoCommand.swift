import DICOM
import ArgumentParser
import DICOMNetwork
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import Logging
import NIOPosix

/// `escrow echo`.
struct EchoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "echo", abstract: "Ask a configured peer whether it is there (C-ECHO).",
    discussion:
      "Runs alone, without a server. Exit code 1 when the peer refuses, 3 when it cannot be reached.\n\nExample:\n  escrow echo archive"
  )

  @Argument(help: "The peer's name in the configuration.")
  var peer: String

  @Option(help: "The configuration file.")
  var config: String?

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let settings = try ConfigurationFile.load(config).settings
    guard let peer = settings.peers[PeerName(peer)] else {
      let known = settings.peers.keys.sorted().map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "no peer \(peer) is configured; known are: \(known.isEmpty ? "none" : known)")
    }
    guard let host = peer.host, let port = peer.port else {
      throw Failure(.usage, "peer \(peer.name) has no host and port: it only sends")
    }
    let group = MultiThreadedEventLoopGroup.singleton
    let connector = AssociationConnector(group: group, ioPool: .singleton, logger: Logger(label: "escrow.echo"))
    let started = ContinuousClock.now
    do {
      try await Echo(connector: connector).run(
        peer, host: host, port: port, callingAE: peer.localAE ?? settings.aeTitles.first ?? "ESCROW")
    } catch {
      throw Self.failure(error, peer: peer, host: host, port: port)
    }
    let milliseconds = Int((ContinuousClock.now - started).inSeconds * 1000)
    print(
      json
        ? #"{"peer": "\#(peer.name)", "ok": true, "milliseconds": \#(milliseconds)}"#
        : "\(peer.name) (\(peer.aeTitle) at \(host):\(port)) answered in \(milliseconds) ms")
  }

  private static func failure(_ error: any Error, peer: Peer, host: String, port: Int) -> Failure {
    let text = "\(peer.name) (\(peer.aeTitle) at \(host):\(port)): \(error)"
    switch error {
    case is EchoRefused, AssociationError.rejected: return Failure(.no, text)
    default: return Failure(.unreachable, text)
    }
  }
}
