/// A scripted modality that sends files as they are and can send without end: `scu.py`.
package struct Modality: Sendable {
  package let aeTitle: String
  private let peer: PythonPeer
  private let target: [String: JSON]

  /// Starts one that talks to `port`; with `reportPort` it also hears reports there.
  package static func start(
    on stage: Stage, aeTitle: String, port: Int, called: String = "ESCROW", reportPort: Int? = nil,
    maximumLength: Int = 16384
  ) async throws -> Modality {
    let hearing = reportPort.map { ["--port", "\($0)"] } ?? []
    let peer = try await stage.python(
      "scu.py", ["--ae", aeTitle, "--maximum-length", "\(maximumLength)"] + hearing,
      named: "\(aeTitle.lowercased())-\(port)")
    return Modality(
      aeTitle: aeTitle, peer: peer,
      target: ["host": "127.0.0.1", "port": .number(Double(port)), "called": .string(called)])
  }

  /// Starts one that talks to Escrow.
  package static func start(on stage: Stage, aeTitle: String = "CT1", to escrow: EscrowProcess) async throws -> Modality
  {
    try await start(on: stage, aeTitle: aeTitle, port: escrow.port, called: escrow.aeTitle)
  }

  /// C-ECHO; the outcome is `answered`, `rejected` or `aborted`.
  package func echo(from source: String? = nil) async throws -> String? {
    try await ask("echo", source.map { ["source": .string($0)] } ?? [:])["outcome"].string
  }

  /// Sends files and returns the status of each, nil where there was no answer. `separately` opens an association for
  /// each file.
  package func send(_ samples: [Sample], separately: Bool = false) async throws -> [String: Int?] {
    let files = JSON.array(samples.map { .string($0.path) })
    let results = try await ask("send", ["files": files, "separately": .bool(separately)])["results"].items
    return Dictionary(results.map { ($0["uid"].string ?? "", $0["status"].int) }) { $1 }
  }

  /// Sends files that must all be stored.
  package func store(_ samples: [Sample]) async throws {
    let failures = try await send(samples).filter { $0.value != 0 }
    guard failures.isEmpty else { throw ProcessError("not stored: \(failures)") }
  }

  /// Begins to send copies of a file with ever new UIDs, each until it is acknowledged.
  package func beginStream(of sample: Sample) async throws {
    try await ask("stream", ["template": .string(sample.path)])
  }

  /// How many were acknowledged so far.
  package func acknowledged() async throws -> Int { try await peer.ask("progress")["acknowledged"].int ?? 0 }

  /// Ends the stream and returns the SOP Instance UIDs that were acknowledged.
  package func endStream() async throws -> [String] {
    try await peer.ask("stop")["acknowledged"].items.compactMap(\.string)
  }

  @discardableResult
  private func ask(_ command: String, _ arguments: [String: JSON]) async throws -> JSON {
    try await peer.ask(command, target.merging(arguments) { $1 })
  }
}
