import EscrowTesting
import Testing

extension Stories {
  /// What the API asks to be stored is sent each time that it asks, whatever became of it the last time.
  @Suite struct StoringAgain {
    private func store(_ escrow: EscrowProcess, waiting: Bool) async throws -> JSON {
      try await stored(escrow, waiting: waiting).json()
    }

    private func stored(_ escrow: EscrowProcess, waiting: Bool) async throws -> HTTPClient.Response {
      let ids = try await escrow.http.get("/instances").items
      return try await escrow.http.request(
        "POST", "/modalities/orthanc/store", body: ["Resources": .array(ids), "Synchronous": .bool(waiting)])
    }

    @Test func whatTheArchiveLostIsStoredAgain() async throws {
      try await Stage.run { stage in
        let sample = try await Sample.make(.init(ct: 1), on: stage)[0]
        let orthanc = try await Orthanc.start(on: stage, modalities: [:])
        let escrow = try await EscrowProcess.start(
          on: stage, peers: destination("orthanc", orthanc.aeTitle, port: orthanc.port), routes: [:])
        _ = try await escrow.http.request("POST", "/instances", file: sample.path)
        #expect(try await store(escrow, waiting: true)["FailedInstancesCount"].int == 0)
        for id in try await orthanc.http.get("/instances").items {
          _ = try await orthanc.http.request("DELETE", "/instances/\(id.string ?? "")")
        }
        #expect(try await orthanc.instances().isEmpty)
        #expect(try await store(escrow, waiting: true)["FailedInstancesCount"].int == 0)
        #expect(try await orthanc.instances().count == 1)
      }
    }

    /// Whoever waits for an answer does not wait for the time of the next try.
    @Test func anArchiveThatIsBackIsTriedAtOnce() async throws {
      try await Stage.run { stage in
        let sample = try await Sample.make(.init(ct: 1), on: stage)[0]
        let port = try stage.ports.next()
        let escrow = try await EscrowProcess.start(
          on: stage, peers: destination("orthanc", "ORTHANC", port: port, retry: "first: 1h, max: 1h"), routes: [:])
        _ = try await escrow.http.request("POST", "/instances", file: sample.path)
        for _ in 1...2 {
          let refused = try await stored(escrow, waiting: true)
          #expect(refused.status == 500)
          #expect(refused.body.contains("Connection refused"), "\(refused.body)")
        }
        let orthanc = try await Orthanc.start(on: stage, aeTitle: "ORTHANC", port: port, modalities: [:])
        #expect(try await store(escrow, waiting: true)["FailedInstancesCount"].int == 0)
        #expect(try await orthanc.instances().count == 1)
        try await eventually("all three jobs") {
          try await escrow.http.get("/jobs?expand").items.filter { $0["State"].string == "Success" }.count == 3
        }
      }
    }

    @Test func whatWasWaivedIsStoredAfterAll() async throws {
      try await Stage.run { stage in
        let sample = try await Sample.make(.init(ct: 1), on: stage)[0]
        let port = try stage.ports.next()
        let escrow = try await EscrowProcess.start(
          on: stage, peers: destination("orthanc", "ORTHANC", port: port), routes: [:])
        _ = try await escrow.http.request("POST", "/instances", file: sample.path)
        _ = try await store(escrow, waiting: false)
        try await escrow.has(1, deliveries: "queued")
        try await escrow.cli("queue", "cancel", "--to", "orthanc", "--reason", "closed", "--yes").expectSuccess()
        try await escrow.has(1, deliveries: "cancelled")
        try await escrow.cli("queue", "waive", "--to", "orthanc", "--reason", "closed", "--yes").expectSuccess()
        let orthanc = try await Orthanc.start(on: stage, aeTitle: "ORTHANC", port: port, modalities: [:])
        _ = try await store(escrow, waiting: false)
        try await eventually("the instance") { try await orthanc.instances().count == 1 }
      }
    }
  }
}
