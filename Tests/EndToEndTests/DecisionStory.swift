import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// Somebody else decides by HTTP whether a peer's instances are committed.
  @Suite struct Decision {
    private static let secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    private static let references = (1...4).map { ("1.2.840.10008.5.1.4.1.1.2", "1.2.3.\($0)") }

    private static func run(
      hookPort: Int? = nil, timeout: String = "5s", _ body: (Asker, EscrowProcess, Int, Stage) async throws -> Void
    ) async throws {
      try await Stage.run { stage in
        _ = try stage.directory.write(secret + "\n", to: "decision.secret")
        let (port, hook) = (try stage.ports.next(), try hookPort ?? stage.ports.next())
        let decide = """
          decide: { url: "http://127.0.0.1:\(hook)/decide", secretFile: decision.secret, timeout: \(timeout), \
          allowAddresses: [127.0.0.0/8] }
          """
        let escrow = try await EscrowProcess.start(
          on: stage, peers: asker("ct1", "CT1", port: port, more: decide), routes: [:])
        let modality = try await Asker.start(on: stage, port: port)
        try await body(modality, escrow, hook, stage)
      }
    }

    private func start(hook port: Int, on stage: Stage, secret: String = "decision.secret") async throws {
      let script = Repository.root + "/deploy/decision-hook/alternate.py"
      _ = try await stage.start(
        Command(
          Repository.python,
          [script, "--port", "\(port)", "--secret-file", stage.directory.appending(secret)]), named: "hook")
      try await eventually("the hook answers") {
        try await HTTPClient(port: port).request("POST", "/decide", body: [:]).status == 401
      }
    }

    /// The example in `deploy/` answers alternately.
    @Test func theExampleAnswersAlternately() async throws {
      try await Self.run { modality, escrow, port, stage in
        try await start(hook: port, on: stage)
        let request = try await modality.ask(Self.references, of: escrow)
        let told = try await modality.report(on: request.uid)
        #expect(told["committed"].items == ["1.2.3.1", "1.2.3.3"])
        #expect(told["failed"].items.map { $0[1].string } == ["1.2.3.2", "1.2.3.4"])
        #expect(told["failed"].items.map { $0[2].int } == [274, 274])
      }
    }

    @Test func nobodyWhoAnswersIsNeverASuccess() async throws {
      try await Self.run { modality, escrow, _, _ in
        let request = try await modality.ask(Self.references, of: escrow)
        let told = try await modality.report(on: request.uid)
        #expect(told["committed"].items == [])
        #expect(told["failed"].items.map { $0[2].int } == [272, 272, 272, 272])
      }
    }

    @Test func aWrongSecretIsNeverASuccess() async throws {
      try await Self.run { modality, escrow, port, stage in
        _ = try stage.directory.write("whsec_" + String(repeating: "QUFB", count: 10) + "\n", to: "other.secret")
        try await start(hook: port, on: stage, secret: "other.secret")
        let request = try await modality.ask(Self.references, of: escrow)
        #expect(try await modality.report(on: request.uid)["committed"].items == [])
      }
    }
  }
}
