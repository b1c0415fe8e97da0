import AdminAPI
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct ReloadTests {
  private func reload(
    _ reload: @escaping ReloadRoutes.Reload, body: String = "{}",
    _ check: @escaping @Sendable (TestResponse) throws -> Void
  ) async throws {
    try await TestAPI.run(reload: reload) { client, _ in
      try await client.execute(
        uri: "/api/v1/reload", method: .post, body: ByteBuffer(string: body)
      ) { try check($0) }
    }
  }

  @Test func whatIsInForceIsTold() async throws {
    let result = RuleChange.Result(
      routes: 3, peers: 5, held: 7, examined: 7, wouldMatch: 2, restartNeeded: ["dicom.port"])
    try await reload({ actor in
      #expect(actor == "api")
      return ReloadBody(result, warnings: [Problem(.warning, at: Position(file: "f", line: 2, column: 3), "doubtful")])
    }) { response in
      #expect(response.status == .ok)
      let body = try response.body.object()
      #expect(body["routes"] as? Int == 3 && body["peers"] as? Int == 5 && body["wouldMatch"] as? Int == 2)
      #expect(body["held"] as? Int == 7 && body["examined"] as? Int == 7)
      #expect(body["restartNeeded"] as? [String] == ["dicom.port"])
      #expect(body["warnings"] as? [String] == ["f:2:3: warning: doubtful"])
    }
  }

  @Test func whatIsWrongIsToldWithItsPlaces() async throws {
    let problem = Problem(.error, at: Position(file: "routes/a.yaml", line: 4, column: 9), "there is no peer `archiv`")
    try await reload({ _ in throw ConfigurationError(problems: [problem]) }) { response in
      #expect(response.status == .unprocessableContent)
      #expect(response.headers[.contentType] == "application/problem+json")
      let body = try response.body.object()
      #expect((body["detail"] as? String)?.contains("routes/a.yaml:4:9: error: there is no peer") == true)
      let problems = try #require(body["problems"] as? [[String: Any]])
      #expect(problems.count == 1 && problems[0]["line"] as? Int == 4 && problems[0]["column"] as? Int == 9)
      #expect(problems[0]["file"] as? String == "routes/a.yaml")
    }
  }

  @Test func whatCannotBeIsAConflict() async throws {
    try await reload({ _ in throw RuleConflict.sendsToOurselves("archive", port: 104) }) { response in
      #expect(response.status == .conflict)
    }
    try await reload({ _ in throw ReloadError.noFile }) { response in
      #expect(response.status == .conflict)
      let detail = try response.body.object()["detail"] as? String
      #expect(detail?.contains("configuration file") == true)
    }
  }

  @Test func itTakesNoParameters() async throws {
    try await reload({ _ in throw ReloadError.noFile }, body: #"{"force":true}"#) { response in
      #expect(response.status == .badRequest)
    }
  }
}
