import AdminAPI
import ArgumentParser
import Foundation

/// `escrow send`.
struct SendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send", abstract: "Send files to a peer through the running server.",
    discussion: """
      With --commit, waits until the peer has committed to them. Exit code 0 when all are stored (or committed), 1 when \
      any failed or is still open at the timeout.

      Example:
        escrow send archive study/*.dcm --commit
      """)

  @Argument(help: "The peer's name in the configuration.")
  var peer: String

  @Argument(help: "DICOM files.")
  var files: [String]

  @Flag(help: "Ask for storage commitment and wait for the report.")
  var commit = false

  @Option(help: "How long to wait, e.g. 30s or 10m.")
  var timeout = WaitLimit(seconds: 600)

  @OptionGroup var options: ClientOptions

  func run() throws {
    let client = try options.client()
    var open: [(file: String, sent: SentBody)] = []
    for file in files {
      let sent = try client.postFile(
        SentBody.self, "/api/v1/send?to=\(peer.urlEscaped)&commit=\(commit)", file: file)
      open.append((file, sent))
    }
    let results = try DeliveryWait(client: client, timeout: timeout.seconds).outcomes(of: open.map(\.sent))
    var failed = 0
    for (entry, result) in zip(open, results) {
      if result.state != "delivered" { failed += 1 }
      if !options.json { print("\(entry.file): \(Self.words(result))") }
    }
    if options.json {
      try printJSON(ListBody(items: results, next: nil))
    }
    if failed > 0 { throw Failure(.no, "\(failed) of \(files.count) not \(commit ? "committed" : "stored")") }
  }

  private static func words(_ delivery: DeliveryBody) -> String {
    if delivery.state == "delivered" { return delivery.proof == "commitment" ? "committed" : "stored" }
    let reason = [delivery.reason, delivery.lastError].compactMap { $0 }.joined(separator: "; ")
    return reason.isEmpty ? delivery.state : "\(delivery.state): \(reason)"
  }
}
