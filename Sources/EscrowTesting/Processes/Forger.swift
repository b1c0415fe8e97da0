/// Sends storage commitment reports that nobody ordered: `forger.py`.
package struct Forger: Sendable {
  private let peer: PythonPeer
  private let port: Int
  private let called: String

  /// What a forged report claims and where it comes from.
  package struct Forgery: Sendable {
    package var calling: String
    package var transactionUID: String
    /// (class, UID) pairs.
    package var committed: [JSON]
    /// The source address; nil for 127.0.0.1.
    package var source: String?

    package init(calling: String, transactionUID: String, committed: [JSON], source: String? = nil) {
      self.calling = calling
      self.transactionUID = transactionUID
      self.committed = committed
      self.source = source
    }
  }

  package static func start(on stage: Stage, against escrow: EscrowProcess) async throws -> Forger {
    Forger(
      peer: try await stage.python("forger.py", [], named: "forger"), port: escrow.port, called: escrow.aeTitle)
  }

  /// Sends one; the outcome is `rejected`, `refused`, `aborted` or `answered` with a status.
  @discardableResult
  package func send(_ forgery: Forgery) async throws -> JSON {
    try await peer.ask(
      "report",
      [
        "host": "127.0.0.1", "port": .number(Double(port)), "called": .string(called),
        "calling": .string(forgery.calling), "transactionUID": .string(forgery.transactionUID),
        "committed": .array(forgery.committed), "source": .string(forgery.source ?? "127.0.0.1"),
      ])
  }
}
