import AdminAPI
import EscrowCore
import EscrowEngine
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct WritingTests {
  private static let now = Timestamp(microseconds: 1_764_000_000_000_000)

  /// Two deliveries that have failed.
  private static func fill(_ ledger: any Ledger) async throws {
    for number in 1...2 { _ = try await ledger.admit(TestAPI.admission(number), now: now) }
    let batch = try await ledger.claim("archive", limit: 2, lease: MonotonicTime(nanoseconds: 1), now: now)
    try await ledger.record(
      batch.claims.map { AttemptOutcome(key: $0.key, result: .failed(reason: "no"), startedAt: now) }, now: now)
  }

  private func retry(_ body: String, status: Int, changed: Int? = nil) async throws {
    try await TestAPI.run(prepare: Self.fill) { client, context in
      try await client.execute(
        uri: "/api/v1/deliveries/retry", method: .post, body: ByteBuffer(string: body)
      ) { response in
        #expect(response.status.code == status, "\(String(buffer: response.body))")
        let body = try response.body.object()
        if let changed { #expect(body["changed"] as? Int == changed) }
      }
      let queued = try await context.ledger.count(DeliveryFilter(states: [.queued]))
      #expect(queued == (body.contains("\"dryRun\":true") ? 0 : changed ?? 0))
    }
  }

  @Test func failedDeliveriesAreQueuedAgain() async throws {
    try await retry(#"{"filter":{"state":["failed"]},"expect":2,"reason":"mended"}"#, status: 200, changed: 2)
  }

  @Test func nothingIsChangedBeforeTheRouterIsReady() async throws {
    try await TestAPI.run(readiness: Readiness(), patience: .milliseconds(50), prepare: Self.fill) { client, context in
      let retry = ByteBuffer(string: #"{"filter":{"state":["failed"]},"reason":"mended"}"#)
      try await client.execute(uri: "/api/v1/deliveries/retry", method: .post, body: retry) { response in
        #expect(response.status == .serviceUnavailable)
        let detail = try response.body.object()["detail"] as? String
        #expect(detail?.contains("/health/ready") == true)
      }
      try await client.execute(uri: "/instances", method: .post, body: retry) { response in
        #expect(response.status == .serviceUnavailable)
        let status = try response.body.object()["HttpStatus"] as? Int
        #expect(status == 503)
      }
      #expect(try await context.ledger.count(DeliveryFilter(states: [.queued])) == 0)
      try await client.execute(uri: "/api/v1/status", method: .get) { #expect($0.status == .ok) }
    }
  }

  @Test func aChangeWaitsNoLongerForARouterThatEnds() async throws {
    try await TestAPI.run(readiness: Readiness(), patience: .days(1), prepare: Self.fill) { client, context in
      context.drain()
      try await client.execute(
        uri: "/api/v1/deliveries/retry", method: .post, body: ByteBuffer(string: #"{"filter":{"state":["failed"]}}"#)
      ) { #expect($0.status == .serviceUnavailable) }
    }
  }

  @Test func aChangeWaitsUntilTheRouterIsReady() async throws {
    let readiness = Readiness()
    try await TestAPI.run(readiness: readiness, prepare: Self.fill) { client, _ in
      async let response = client.execute(
        uri: "/api/v1/deliveries/retry", method: .post,
        body: ByteBuffer(string: #"{"filter":{"state":["failed"]},"reason":"mended"}"#))
      try await Task.sleep(for: .milliseconds(50))
      readiness.isListening(on: 104)
      #expect(try await response.status == .ok)
    }
  }

  @Test func aDryRunChangesNothing() async throws {
    try await retry(#"{"filter":{"state":["failed"]},"dryRun":true}"#, status: 200, changed: 2)
  }

  @Test func anotherNumberThanExpectedChangesNothing() async throws {
    try await retry(#"{"filter":{"state":["failed"]},"expect":3}"#, status: 409)
  }

  @Test(arguments: [
    #"{"filter":{"state":["failed"],"dest":["archive"]}}"#, #"{"filter":{"state":["failed"]},"dry_run":true}"#,
    #"{"filter":{}}"#, #"{"filter":{"state":["lost"]}}"#, #"{}"#, #"[]"#, #"{"filter":"#, "",
  ])
  func whatIsNotUnderstoodChangesNothing(body: String) async throws {
    try await retry(body, status: 400)
  }

  @Test func aPeerThatIsNotConfiguredIsNamed() async throws {
    try await TestAPI.run { client, _ in
      try await client.execute(uri: "/api/v1/send?to=nobody", method: .post) { response in
        #expect(response.status == .notFound)
        #expect(String(buffer: response.body).contains("nobody"))
      }
      try await client.execute(uri: "/api/v1/send", method: .post) { #expect($0.status == .badRequest) }
    }
  }

  @Test func whatIsNoDICOMFileIsRefused() async throws {
    try await TestAPI.run { client, context in
      try await client.execute(
        uri: "/api/v1/send?to=archive", method: .post, body: ByteBuffer(string: "hello")
      ) { #expect($0.status == .badRequest) }
      #expect(try await context.ledger.status().instances.isEmpty)
    }
  }
}

@Suite struct BackupTests {
  private func backup(_ body: String, status: Int, _ check: @escaping @Sendable ([String: Any]) -> Void) async throws {
    try await TestAPI.run { client, _ in
      try await client.execute(uri: "/api/v1/backup", method: .post, body: ByteBuffer(string: body)) { response in
        #expect(response.status.code == status, "\(String(buffer: response.body))")
        check(try response.body.object())
      }
    }
  }

  @Test func aBackupIsToldAsItsManifest() async throws {
    try await backup(#"{"directory":"/backup/1"}"#, status: 200) { body in
      #expect((body["ledger"] as? [String: Any])?["digest"] as? String == "00")
      #expect(body["instances"] as? [String: Int] == ["held": 1])
    }
  }

  @Test(arguments: [#"{"directory":"backup"}"#, #"{"directory":"/b","also":1}"#, "{}"])
  func whatIsNoDirectoryOfTheServersIsRefused(body: String) async throws {
    try await backup(body, status: 400) { #expect(($0["detail"] as? String)?.isEmpty == false) }
  }

  @Test func nothingIsOverwritten() async throws {
    try await backup(#"{"directory":"/full"}"#, status: 409) { body in
      #expect((body["detail"] as? String)?.contains("nothing is overwritten") == true)
    }
  }
}
