import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowSpool
import Glibc
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct ReadingTests {
  private static let now = Timestamp(microseconds: 1_764_000_000_000_000)

  private static func fill(_ ledger: any Ledger) async throws {
    for number in 1...3 { _ = try await ledger.admit(TestAPI.admission(number), now: now) }
  }

  @Test func statusSaysHowAllIs() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, _ in
      try await client.execute(uri: "/api/v1/status", method: .get) { response in
        let body = try response.body.object()
        #expect((body["instances"] as? [String: Int])?["inTransit"] == 3)
        #expect((body["deliveries"] as? [String: Int])?["queued"] == 3)
        let archive = (body["destinations"] as? [String: [String: Any]])?["archive"]
        #expect(archive?["health"] as? String == "up")
        #expect(archive?["queued"] as? Int == 3)
        #expect(body["alarms"] as? [String] == [])
        #expect(body["moreAlarms"] as? [String] == [])
      }
    }
  }

  @Test func ofEachKindOfAlarmSomeAreShown() async throws {
    try await TestAPI.run(prepare: { ledger in
      for (kind, count) in [(AlarmKind.instanceDamaged, 103), (.instanceConflict, 100), (.destinationDown, 1)] {
        for number in 0..<count {
          let since = Self.now + .seconds(number)
          try await ledger.raise(Alarm(kind, subject: "\(1000 + number)", since: since, text: "wrong"), event: nil)
        }
      }
    }) { client, _ in
      try await client.execute(uri: "/api/v1/status", method: .get) { response in
        let body = try response.body.object()
        let alarms = try #require(body["alarms"] as? [[String: String]])
        #expect(
          Dictionary(grouping: alarms) { $0["kind"] }.mapValues(\.count)
            == ["instance.damaged": 100, "instance.conflict": 100, "destination.down": 1])
        #expect(alarms.compactMap { $0["since"] } == alarms.compactMap { $0["since"] }.sorted())
        #expect(body["moreAlarms"] as? [String] == ["instance.damaged"])
      }
    }
  }

  @Test func aDiskThatTakesNothingIsSaidInStatusAndReadiness() async throws {
    try await TestAPI.run { client, context in
      context.space.look(at: context.clock.monotonic())
      try await client.execute(uri: "/api/v1/status", method: .get) { response in
        let disk = try (response.body.object()["disks"] as? [[String: Any]])?.first
        #expect(disk?["content"] as? String == "spool")
        #expect(disk?["path"] as? String == context.settings.spool.path)
        #expect((disk?["freeBytes"] as? Int ?? 0) > 0 && (disk?["totalInodes"] as? Int ?? 0) > 0)
      }
      let error = SpoolError.disk(operation: "write", path: "x", errno: EROFS)
      #expect(context.space.note(error, at: context.clock.monotonic()))
      try await client.execute(uri: "/health/ready", method: .get) { response in
        #expect(response.status == .serviceUnavailable)
        let checks = try response.body.object()["checks"] as? [String: String]
        #expect(checks?["disk"]?.contains("spool: ") == true)
        #expect(checks?["disk"]?.hasSuffix("writing to it failed: Read-only file system") == true)
        #expect(checks?["ledger"] == "ok")
      }
      try await client.execute(uri: "/api/v1/status", method: .get) { response in
        let disk = try (response.body.object()["disks"] as? [[String: Any]])?.first
        #expect(disk?["level"] as? String == "full")
      }
    }
  }

  @Test func instancesComeInPages() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, _ in
      let first = try await client.execute(uri: "/api/v1/instances?limit=2", method: .get)
      let items = try first.body.items()
      #expect(items.map { $0["sopInstanceUID"] as? String } == ["1.2.3.1", "1.2.3.2"])
      let cursor = try first.body.object()["next"] as? String ?? ""
      let second = try await client.execute(uri: "/api/v1/instances?limit=2&cursor=\(cursor)", method: .get)
      #expect(try second.body.items().map { $0["sopInstanceUID"] as? String } == ["1.2.3.3"])
      #expect(try second.body.object()["next"] is String == false)
    }
  }

  @Test func eachWaitingDeliverySaysWhy() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, context in
      try await client.execute(uri: "/api/v1/deliveries?to=archive", method: .get) { response in
        let delivery = try response.body.items().first?["delivery"] as? [String: Any]
        #expect(delivery?["reason"] as? String == "waits for its turn")
      }
      _ = context.destinations["archive"]?.health.failed(
        "cannot connect", trouble: .unreachable, now: Self.now, moment: context.clock.monotonic())
      try await client.execute(uri: "/api/v1/deliveries", method: .get) { response in
        let delivery = try response.body.items().first?["delivery"] as? [String: Any]
        #expect(delivery?["reason"] as? String == "archive is down: cannot connect")
        #expect(delivery?["notBefore"] is String)
      }
    }
  }

  @Test func theTraceOfAStudyTellsWhatIsLeftOfIt() async throws {
    try await TestAPI.run(prepare: Self.forget) { client, _ in
      let path = "/api/v1/trace/\(TestAPI.admission(1).attributes.studyInstanceUID ?? "")"
      try await client.execute(uri: path, method: .get) { response in
        #expect(response.status == .ok)
        let body = try response.body.object()
        #expect((body["instances"] as? [Any])?.isEmpty == true)
        let summary = body["summary"] as? [String: Any]
        #expect(summary?["instances"] as? Int == 3)
        #expect(summary?["discarded"] as? Int == 3)
        #expect(summary?["purged"] as? Int == 0)
        #expect(summary?["lastGone"] as? String == Self.now.rfc3339)
        let archive = (summary?["destinations"] as? [[String: Any]])?.first
        #expect(archive?["to"] as? String == "archive")
        #expect(archive?["others"] as? Int == 3)
        #expect(archive?["lastCommitment"] as? [String: Any] == nil)
        #expect(!String(buffer: response.body).contains("SECRET"))
      }
    }
  }

  /// Discards what ``fill(_:)`` brings, and forgets it when its time is over.
  private static func forget(_ ledger: any Ledger) async throws {
    try await fill(ledger)
    let order = BulkOrder(actor: "admin", reason: "test")
    _ = try await ledger.change(DeliveryFilter(), .cancel, by: order, now: now)
    _ = try await ledger.change(InstanceFilter(), .discard, by: order, now: now)
    let ids = try await ledger.instances(InstanceFilter(), page: PageRequest()).items.map(\.instance.id)
    try await ledger.finishPurge(ids, now: now)
    _ = try await ledger.advanceStudies(quiet: .seconds(1), now: now + .seconds(2))
    try await ledger.tell(EscrowEvent(.ping, at: now + .days(3)))
    var position: RecordPosition? = .start
    while let current = position {
      position = try await ledger.forget(
        RecordTerm(keeping: .days(1), now: now + .days(2)), from: current, limit: 10
      ).next
    }
  }

  @Test func noAnswerNamesThePatient() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, _ in
      for path in ["status", "instances", "deliveries", "trace/1.2.9", "commitments", "destinations", "webhooks"] {
        let response = try await client.execute(uri: "/api/v1/\(path)", method: .get)
        #expect(response.status == .ok, "\(path)")
        #expect(!String(buffer: response.body).contains("SECRET"), "\(path)")
      }
    }
  }

  @Test func destinationsAreAList() async throws {
    try await TestAPI.run { client, _ in
      try await client.execute(uri: "/api/v1/destinations", method: .get) { response in
        let item = try response.body.items().first
        #expect(item?["name"] as? String == "archive")
        #expect(item?["health"] as? String == "up")
      }
    }
  }

  @Test func routesAreShownAsTheyWereWritten() async throws {
    let pattern = try Pattern("/chest/i")
    let route = Route(
      name: "chest", match: .all([Condition(.attribute(.modality), name: "Modality", patterns: [pattern])]),
      sends: [.init(to: "archive", proof: .commitment)], retention: .after(.hours(1)))
    let rest = Route(name: "rest", match: .otherwise, sends: [], hold: "ask first", retention: .never)
    try await TestAPI.run(routes: [route, rest]) { client, _ in
      try await client.execute(uri: "/api/v1/routes", method: .get) { response in
        let items = try response.body.items()
        #expect(items.map { $0["name"] as? String } == ["chest", "rest"])
        #expect((items[0]["match"] as? [String: [String]]) == ["Modality": ["/chest/i"]])
        #expect(items[0]["purgeAfterSeconds"] as? Double == 3600)
        #expect(items[1]["otherwise"] as? Bool == true)
        #expect(items[1]["hold"] as? String == "ask first")
        #expect(items[1]["purgeAfterSeconds"] is Double == false)
      }
    }
  }

  @Test func eventsEndWithTheProcess() async throws {
    try await TestAPI.run(prepare: Self.fill) { client, context in
      context.drain()
      try await client.execute(uri: "/api/v1/events?after=0", method: .get) { response in
        #expect(response.headers[.contentType] == "text/event-stream")
        #expect(String(buffer: response.body) == ": events after 0\n\n")
      }
    }
  }

  @Test(arguments: [
    ("instances?studyUID=1", 400), ("instances?state=lost", 400), ("instances?limit=0", 400),
    ("instances?cursor=x", 400), ("trace/1.2.3.4", 404), ("deliveries/x", 400), ("deliveries/99", 404),
    ("commitments/2.25.1", 404), ("webhooks/none/deliveries", 404), ("events?after=x", 400), ("nothing", 404),
  ])
  func whatIsWrongIsSaid(path: String, status: Int) async throws {
    try await TestAPI.run(prepare: Self.fill) { client, _ in
      try await client.execute(uri: "/api/v1/\(path)", method: .get) { response in
        #expect(response.status.code == status)
        #expect(response.headers[.contentType] == "application/problem+json")
        let body = try response.body.object()
        #expect(body["detail"] is String)
      }
    }
  }
}
