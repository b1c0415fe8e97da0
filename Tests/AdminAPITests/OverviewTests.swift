import EscrowCore
import EscrowEngine
import Hummingbird
import HummingbirdTesting
import Testing
import Foundation

/// Reconciliation, space and filters, through the API.
@Suite struct OverviewTests {
  private static let now = Timestamp(microseconds: 1_764_000_000_000_000)

  /// Two instances of 2025-11-24 wait for the archive, a third is held.
  private static func fill(_ ledger: any Ledger) async throws {
    for number in 1...2 { _ = try await ledger.admit(TestAPI.admission(number), now: now) }
    var held = TestAPI.admission(3)
    held.plan = RoutingPlan(deliveries: [], hold: "no route took it")
    _ = try await ledger.admit(held, now: now)
  }

  private static func get(_ path: String, _ check: @escaping @Sendable (Int, [String: Any]) throws -> Void) async throws
  {
    try await TestAPI.run(prepare: fill) { client, _ in
      let answer = try await client.execute(uri: "/api/v1/\(path)", method: .get)
      try check(answer.status.code, answer.body.object())
    }
  }

  @Test func aDayIsToldBySource() async throws {
    try await Self.get("reconciliation?day=2025-11-24") { status, body in
      #expect(status == 200)
      #expect(body["day"] as? String == "2025-11-24" && body["from"] as? String == "2025-11-24T00:00:00.000Z")
      let source = try #require((body["sources"] as? [[String: Any]])?.first)
      #expect(source["callingAE"] as? String == "CT1" && source["peer"] is NSNull)
      let counts = ["received", "open", "held", "delivered"].map { source[$0] as? Int }
      #expect(counts == [3, 2, 1, 0])
      #expect((body["missing"] as? [Any])?.isEmpty == true)
    }
    try await Self.get("reconciliation?day=2025-11-25") { _, body in
      #expect((body["sources"] as? [Any])?.isEmpty == true)
    }
  }

  @Test(arguments: ["reconciliation?day=yesterday", "reconciliation?peer=nobody", "reconciliation?date=2025-11-24"])
  func whatIsNoDayOrPeerIsRefused(path: String) async throws {
    try await Self.get(path) { status, _ in #expect(status == 400) }
  }

  @Test func aListIsCompared() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, _ in
      for (body, status) in [
        (#"{"sopInstanceUIDs":["1.2.3.1","1.2.3.99"]}"#, 200), (#"{"sopInstanceUIDs":["x"]}"#, 400), ("{}", 400),
      ] {
        let answer = try await client.execute(
          uri: "/api/v1/reconciliation", method: .post, body: ByteBuffer(string: body))
        #expect(answer.status.code == status, "\(body)")
        guard status == 200 else { continue }
        let object = try answer.body.object()
        #expect(object["missing"] as? [String] == ["1.2.3.99"])
        #expect(object["states"] as? [String: Int] == ["inTransit": 1])
      }
    }
  }

  @Test func whatTakesRoomIsTold() async throws {
    try await Self.get("space") { status, body in
      #expect(status == 200)
      let largest = try #require((body["largest"] as? [[String: Any]])?.first)
      #expect(largest["studyInstanceUID"] as? String == "1.2.9" && largest["bytes"] as? Int == 300)
      let waiting = try #require((body["longestWaiting"] as? [[String: Any]])?.first)
      #expect(waiting["waitsSince"] as? String == Self.now.rfc3339)
      let decisions = body["decisions"] as? [[String: Any]] ?? []
      #expect(decisions.map { $0["decision"] as? String } == ["discardHeld"])
      #expect((body["disks"] as? [Any])?.isEmpty == false)
    }
  }

  @Test(arguments: [
    ("callingAE=CT1,CT2", 2), ("callingAE=MR", 0), ("patientID=SECRET", 2), ("proof=response", 0),
    ("proof=commitment&held=false", 2), ("held=true", 0), ("route=r", 0), ("peer=archive", 0), ("reason=refused", 0),
    ("lastError=x", 0), ("olderThan=1h", 2), ("youngerThan=1h", 0), ("dueBefore=2025-11-24T00:00:00Z", 2),
    ("dueAfter=2025-11-24T00:00:00.500Z", 0),
  ])
  func deliveriesAreFilteredByAllThatIsKnown(query: String, count: Int) async throws {
    try await Self.get("deliveries?\(query)") { status, body in
      #expect(status == 200, "\(body)")
      #expect((body["items"] as? [Any])?.count == count)
    }
  }

  @Test(arguments: ["proof=hope", "held=maybe", "olderThan=long", "dueBefore=tomorrow", "callingAe=CT1"])
  func whatIsNotUnderstoodIsRefused(query: String) async throws {
    try await Self.get("deliveries?\(query)") { status, _ in #expect(status == 400) }
  }

  @Test func aBulkChangeTakesTheSameFilter() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, context in
      let filter = #"{"filter":{"callingAE":["CT1"],"patientID":"SECRET","held":false,"olderThan":"1h"}"#
      for (more, held) in [(#","dryRun":true"#, 0), (#","expect":2"#, 2)] {
        let answer = try await client.execute(
          uri: "/api/v1/deliveries/hold", method: .post, body: ByteBuffer(string: filter + more + #","reason":"x"}"#))
        #expect(try answer.body.object()["changed"] as? Int == 2, "\(String(buffer: answer.body))")
        var wanted = DeliveryFilter()
        wanted.isHeld = true
        let count = try await context.ledger.count(wanted)
        #expect(count == held)
      }
    }
  }
}
