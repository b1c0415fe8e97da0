/// A scripted modality that stores, asks for storage commitment and hears the answers: `asker.py`.
package struct Asker: Sendable {
  package let aeTitle: String
  /// Where it hears answers.
  package let port: Int
  private let peer: PythonPeer

  /// A request as it was answered.
  package struct Request: Sendable, Equatable {
    package var uid: String
    package var status: Int?
    package var outcome: String
  }

  /// Starts one that hears answers on `port`; with `down` only when it is told to.
  package static func start(
    on stage: Stage, aeTitle: String = "CT1", port: Int, down: Bool = false
  ) async throws -> Asker {
    let peer = try await stage.python(
      "asker.py", ["--ae", aeTitle, "--port", "\(port)"] + (down ? ["--down"] : []),
      named: "asker-\(aeTitle.lowercased())-\(port)")
    return Asker(aeTitle: aeTitle, port: port, peer: peer)
  }

  /// Stores files, which must all be taken.
  package func store(_ samples: [Sample], at escrow: EscrowProcess) async throws {
    let files = JSON.array(samples.map { .string($0.path) })
    let results = try await peer.ask("send", target(escrow, ["files": files]))["results"].items
    let failures = results.filter { $0["status"].int != 0 }
    guard failures.isEmpty, results.count == samples.count else { throw ProcessError("not stored: \(failures)") }
  }

  /// Asks about (class, UID) pairs; `more` are further arguments of the command.
  @discardableResult
  package func ask(
    _ references: [(String, String)], of escrow: EscrowProcess, _ more: [String: JSON] = [:]
  ) async throws -> Request {
    let answer = try await peer.ask("ask", target(escrow, ["references": Self.pairs(references)].merging(more) { $1 }))
    return Request(
      uid: answer["uid"].string ?? "", status: answer["status"].int, outcome: answer["outcome"].string ?? "")
  }

  /// Asks many times at once; what was asked in each request.
  package func askMany(
    _ references: [(String, String)], of escrow: EscrowProcess, _ more: [String: JSON]
  ) async throws -> [JSON] {
    let arguments = ["references": Self.pairs(references)].merging(more) { $1 }
    return try await peer.ask("askMany", target(escrow, arguments))["requests"].items
  }

  /// Hears from now on as the arguments say.
  package func listen(_ how: [String: JSON] = [:]) async throws { try await peer.ask("listen", how) }

  /// Refuses connections from now on.
  package func unlisten() async throws { try await peer.ask("unlisten") }

  /// What it heard so far, of one transaction if given.
  package func reports(of uid: String? = nil) async throws -> [JSON] {
    try await peer.ask("reports", uid.map { ["uid": .string($0)] } ?? [:])["reports"].items
  }

  /// The first report on a transaction.
  package func report(on uid: String, within deadline: Duration = .seconds(120)) async throws -> JSON {
    var found: [JSON] = []
    try await eventually("a report on \(uid)", within: deadline) {
      found = try await reports(of: uid)
      return !found.isEmpty
    }
    return found[0]
  }

  private func target(_ escrow: EscrowProcess, _ more: [String: JSON]) -> [String: JSON] {
    ["host": "127.0.0.1", "port": .number(Double(escrow.port)), "called": .string(escrow.aeTitle)].merging(more) { $1 }
  }

  private static func pairs(_ references: [(String, String)]) -> JSON {
    .array(references.map { [.string($0.0), .string($0.1)] })
  }
}
