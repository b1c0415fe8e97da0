import EscrowTesting
import Testing

extension Stories {
  /// What the API asks to be stored is sent each time that it asks, whatever became of it the last time.
  @Suite struct StoringAgain {
    private func store(_ escrow: EscrowProcess, waiting: Bool) async throws -> JSON {
      let ids = try await escrow.http.get("/instances").items
      return try await escrow.http.post(
        "/modalities/orthanc/store", ["Resources": .array(ids), "Synchronous": .bool(waiting)])
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
