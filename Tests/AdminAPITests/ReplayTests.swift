import AdminAPI
import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

/// Routes that are tried on what is on record. No copy is here: the record is all there is.
@Suite struct ReplayTests {
  private static let now = Timestamp(microseconds: 1_764_000_000_000_000)
  private static let all = #"{"since":"2020-01-01T00:00:00Z"}"#

  /// Two that went to the archive by route `ct`, and one that was held.
  private static func fill(_ ledger: any Ledger) async throws {
    for number in 1...3 {
      var admission = TestAPI.admission(number)
      admission.plan.deliveries = [.init(to: "archive", proof: .commitment, routes: ["ct"])]
      if number == 3 { admission.plan = RoutingPlan(deliveries: [], hold: "no route matches") }
      _ = try await ledger.admit(admission, now: now)
    }
  }

  private func replay(
    _ body: String = all, status: Int = 200, routes: @escaping ReplayRoutes.Reading,
    _ check: @escaping @Sendable (ByteBuffer) throws -> Void
  ) async throws {
    try await TestAPI.run(routesOnDisk: routes, prepare: Self.fill) { client, context in
      let before = try await context.ledger.lastEvent()
      try await client.execute(
        uri: "/api/v1/routes/replay", method: .post, body: ByteBuffer(string: body)
      ) { response in
        #expect(response.status.code == status, "\(String(buffer: response.body))")
        try check(response.body)
      }
      #expect(try await context.ledger.lastEvent() == before)
    }
  }

  private func replay(_ routes: Route..., check: @escaping @Sendable (ReplayBody) throws -> Void) async throws {
    try await replay(routes: { RouteTable(routes: routes) }) { body in
      try check(JSONDecoder().decode(ReplayBody.self, from: Data(body.readableBytesView)))
    }
  }

  private static func route(
    _ name: String, _ tag: DICOM.Tag, _ pattern: String, to: PeerName = "archive"
  ) throws -> Route {
    let condition = Condition(.attribute(tag), name: "Asked", patterns: [try Pattern(pattern)])
    return Route(name: name, match: .all([condition]), sends: [.init(to: to, proof: .commitment)])
  }

  @Test func whatStaysIsCounted() async throws {
    try await replay(try Self.route("ct", .patientID, "SECRET")) { body in
      #expect(body.instances == 3 && body.unchanged == 2 && body.changed == 1 && body.newlyHeld == 0)
      #expect(body.routes.map { [$0.took, $0.wouldTake, $0.untold] } == [[2, 3, 0]])
      let held = try #require(body.differences.first)
      #expect(held.went.isEmpty && held.wouldGo.map(\.to) == ["archive"] && held.studyInstanceUID == "1.2.9")
      #expect(held.sopInstanceUID == "1.2.3.3" && held.callingAE == "CT1" && body.next == nil)
    }
  }

  @Test func whatWouldGoElsewhereIsListed() async throws {
    try await replay(try Self.route("new", .studyInstanceUID, "1.2.9", to: "research")) { body in
      #expect(body.changed == 3 && body.newlyHeld == 0)
      #expect(body.routes.map(\.name) == ["ct", "new"] && body.routes.map(\.took) == [2, 0])
      #expect(body.differences.map { $0.wouldGo.map(\.to) } == Array(repeating: ["research"], count: 3))
      #expect(body.differences.map { $0.went.map(\.to) } == [["archive"], ["archive"], []])
    }
  }

  @Test func whatWouldBeEditedIsListed() async throws {
    var route = try Self.route("ct", .patientID, "SECRET")
    route.sends[0].terms = SendTerms(edits: [Edit("PatientAddress", .remove)])
    try await replay(route) { body in
      #expect(body.changed == 3 && body.newlyHeld == 0)
      #expect(body.differences.map { $0.wouldGo.map(\.edits) } == Array(repeating: [["PatientAddress"]], count: 3))
      #expect(body.differences.map { $0.went.map(\.edits) } == [[[]], [[]], []])
    }
  }

  @Test func whatWouldBeHeldIsCounted() async throws {
    try await replay(try Self.route("mr", .modality, "MR")) { body in
      #expect(body.newlyHeld == 2 && body.unchanged == 1 && body.changed == 2)
      #expect(body.differences.map(\.wouldBeHeld) == ["no route matches", "no route matches"])
    }
  }

  @Test func whatIsNotOnRecordIsNotGuessed() async throws {
    try await replay(
      try Self.route("name", .patientName, "!Doe*"), try Self.route("ct", .patientID, "SECRET")
    ) { body in
      #expect(body.untold == 3 && body.changed == 0 && body.newlyHeld == 0 && body.unchanged == 0)
      #expect(body.differences.allSatisfy { $0.untold.map(\.conditions) == [["Asked"]] && $0.wouldGo.isEmpty })
      #expect(body.routes.map { [$0.wouldTake, $0.untold] } == [[3, 0], [0, 3]])
    }
  }

  @Test func pagesFollowEachOther() async throws {
    let routes: ReplayRoutes.Reading = { RouteTable(routes: []) }
    try await replay(#"{"since":"2020-01-01T00:00:00.5Z","limit":2}"#, routes: routes) { body in
      let next = try #require(body.object()["next"] as? String)
      #expect(next.hasSuffix("2"))
      #expect(try body.object()["instances"] as? Int == 2)
    }
    try await replay(#"{"cursor":"0198a000-0000-7000-8000-000000000002"}"#, routes: routes) { body in
      let found = try body.object()
      #expect(found["instances"] as? Int == 1 && found["next"] is NSNull)
    }
    try await replay(#"{"since":"10000d"}"#, routes: routes) { body in
      let found = try body.object()
      #expect(found["instances"] as? Int == 3)
    }
    try await replay(#"{"since":"0s"}"#, routes: routes) { body in
      let found = try body.object()
      #expect(found["instances"] as? Int == 0)
    }
    try await replay(#"{"since":"2030-01-01T00:00:00Z"}"#, routes: routes) { body in
      let found = try body.object()
      #expect(found["instances"] as? Int == 0)
    }
  }

  @Test func filesWithProblemsAreNotTried() async throws {
    let problem = Problem(.error, at: Position(file: "ct.yaml", line: 2, column: 5), "`Modalty` is no keyword")
    try await replay(status: 409, routes: { throw ConfigurationError(problems: [problem]) }) { body in
      let detail = try body.object()["detail"] as? String
      #expect(detail?.contains("ct.yaml:2:5: error: `Modalty`") == true)
    }
  }

  @Test(arguments: ["7x", "yesterday", "-1d", "d", ""]) func bothFormsOfABeginningAreNamed(since: String) async throws {
    try await replay(#"{"since":"\#(since)"}"#, status: 400, routes: { RouteTable(routes: []) }) { body in
      let detail = try body.object()["detail"] as? String
      #expect(
        detail == "since: say from when on, as 2026-11-23T08:15:30Z or, back from now, as 30s, 10m, 2h or 7d")
    }
  }

  @Test(arguments: [
    "{}", #"{"since":"yesterday"}"#, #"{"since":7}"#, #"{"since":"2020-01-01T00:00:00Z","limit":0}"#,
    #"{"cursor":"../x"}"#, #"{"since":"2020-01-01T00:00:00Z","route":"ct"}"#,
  ])
  func whatIsNotUnderstoodIsSaid(body: String) async throws {
    try await replay(body, status: 400, routes: { RouteTable(routes: []) }) { body in
      let detail = try body.object()["detail"] as? String
      #expect(detail?.isEmpty == false)
    }
  }
}
