import EscrowTesting
import Testing

extension Stories {
  /// Beside the reference system: each asks the other, and scripts for the one run with the other.
  @Suite struct Reference {
    private static let mr = "1.2.840.10008.5.1.4.1.1.4"

    /// Asks by REST for commitment and waits for the report.
    private func commitment(_ http: HTTPClient, _ modality: String, _ body: JSON) async throws -> JSON {
      let asked = try await http.post("/modalities/\(modality)/storage-commitment", body)
      return try await eventually("a report on \(asked)") {
        let report = try await http.get(asked["Path"].string ?? "")
        return report["Status"].string == "Pending" ? Optional.none : report
      }
    }

    @Test func orthancAsksEscrow() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let archive = try await Archive.start(on: stage)
        let port = try stage.ports.next()
        let orthanc = try await Orthanc.start(
          on: stage, modalities: ["escrow": .init(aeTitle: "ESCROW", port: port)])
        let peers = [
          asker("orthanc", orthanc.aeTitle, port: orthanc.port),
          destination("archive", archive.aeTitle, port: archive.port),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, port: port, peers: peers.joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        for sample in samples {
          #expect(try await orthanc.http.request("POST", "/instances", file: sample.path).status == 200)
        }
        let ids = try await orthanc.http.get("/instances").items
        let before = try await commitment(orthanc.http, "escrow", ["Resources": .array(ids)])
        #expect(before["Failures"].items.map { $0["FailureReason"].int } == [274, 274, 274])

        let stored = try await orthanc.http.post("/modalities/escrow/store", .array(ids))
        #expect(stored["FailedInstancesCount"].int == 0)
        let after = try await commitment(orthanc.http, "escrow", ["Resources": .array(ids)])
        #expect(after["Status"].string == "Success")
        #expect(after["Success"].items.count == 3)
        try await escrow.purges(3)

        let mixed = try await commitment(
          orthanc.http, "escrow",
          [
            "DicomInstances": [
              samples[0].reference, [.string(Self.mr), .string(samples[1].uid)], [.string(Self.mr), "1.2.3"],
            ]
          ])
        #expect(mixed["Success"].items.map { $0["SOPInstanceUID"].string } == [samples[0].uid])
        #expect(mixed["Failures"].items.map { $0["FailureReason"].int } == [281, 274])
        #expect(try await escrow.http.get("/jobs?expand").items.allSatisfy { $0["State"].string == "Success" })
      }
    }

    @Test func escrowAsksOrthanc() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let port = try stage.ports.next()
        let orthanc = try await Orthanc.start(
          on: stage, modalities: ["escrow": .init(aeTitle: "ESCROW", port: port)])
        let escrow = try await EscrowProcess.start(
          on: stage, port: port, peers: destination("orthanc", orthanc.aeTitle, port: orthanc.port), routes: [:])
        for sample in samples {
          #expect(try await escrow.http.request("POST", "/instances", file: sample.path).status == 200)
        }
        let ids = try await escrow.http.get("/instances").items
        let before = try await commitment(escrow.http, "orthanc", ["Resources": .array(ids)])
        #expect(before["Status"].string == "Failure")
        #expect(before["Failures"].items.map { $0["FailureReason"].int } == [274, 274])

        let stored = try await escrow.http.post(
          "/modalities/orthanc/store", ["Resources": .array(ids), "StorageCommitment": true])
        let uid = stored["StorageCommitmentTransactionUID"].string ?? ""
        try await eventually("the report of the job's transaction") {
          try await escrow.http.get("/storage-commitment/\(uid)")["Status"].string == "Success"
        }
        #expect(try await orthanc.instances().count == 2)
        #expect(try await escrow.http.request("POST", "/storage-commitment/\(uid)/remove").status == 200)
        #expect(try await escrow.http.get("/instances").items.isEmpty)
        try await escrow.purges(2)
        #expect(try await escrow.http.request("GET", "/instances/\(ids[0].string ?? "")").status == 404)
      }
    }

    /// What a script in the style of the reference's documentation sees of both is the same.
    @Test func aGenericClientSeesTheSame() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3, mr: 1), on: stage)
        let (escrowPort, mainPort) = (try stage.ports.next(), try stage.ports.next())
        let first = try await Orthanc.start(
          on: stage, aeTitle: "ARCHIVE", modalities: ["escrow": .init(aeTitle: "ESCROW", port: escrowPort)])
        let escrow = try await EscrowProcess.start(
          on: stage, port: escrowPort, peers: destination("archive", "ARCHIVE", port: first.port), routes: [:])
        let second = try await Orthanc.start(
          on: stage, aeTitle: "ARCHIVE", name: "archive2",
          modalities: ["main": .init(aeTitle: "MAIN", port: mainPort)])
        let main = try await Orthanc.start(
          on: stage, aeTitle: "MAIN", port: mainPort,
          modalities: ["archive": .init(aeTitle: "ARCHIVE", port: second.port)])
        let seen = try await look(at: escrow.http, samples)
        let expected = try await look(at: main.http, samples)
        #expect(seen.members.keys.sorted() == expected.members.keys.sorted())
        for (step, answer) in expected.members { #expect(seen[step] == answer, "\(step)") }
      }
    }

    /// All that the client saw; it ends with an error when something went otherwise than it has to.
    private func look(at http: HTTPClient, _ samples: [Sample]) async throws -> JSON {
      let arguments = ["--url", http.base, "--archive", "archive"] + samples.map(\.path)
      let result = try await Command(Repository.python, [Repository.peer("client.py")] + arguments).check()
      return try result.json().without(["FileSize"])
    }

    /// Hundreds of exchanges that were recorded of the reference, asked again.
    @Test func answersAsItWasRecorded() async throws {
      let script = Repository.peer("../Golden/replay.py")
      let result = try await Command(Repository.python, [script, "--escrow", Repository.escrow]).run()
      let told = try JSON(parsing: result.output)
      #expect(told["differing"].members.isEmpty, "\(told["differing"])")
      #expect(told["broken"].members.isEmpty, "\(told["broken"])\n\(result.errors)")
      #expect(told["compared"].int ?? 0 > 600)
      #expect(told["same"].int ?? 0 > 500)
    }

    /// The router can name itself as a peer, and is answered from its own spool; that proves nothing.
    @Test func escrowAsksItself() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let port = try stage.ports.next()
        let escrow = try await EscrowProcess.start(
          on: stage, port: port,
          peers: """
            itself: { aeTitle: ESCROW, host: 127.0.0.1, port: \(port), allow: [echo, store, report, commit] }
            """, routes: [:])
        for sample in samples { _ = try await escrow.http.request("POST", "/instances", file: sample.path) }
        let ids = try await escrow.http.get("/instances").items
        #expect(try await escrow.http.post("/modalities/itself/echo", [:]).members.isEmpty)
        let stored = try await escrow.http.post(
          "/modalities/itself/store", ["Resources": .array(ids), "StorageCommitment": true])
        #expect(stored["FailedInstancesCount"].int == 0)
        let report = try await commitment(escrow.http, "itself", ["Resources": .array(ids)])
        #expect(report["Status"].string == "Success")
        #expect(try await escrow.instances("purged") == 0)
        #expect(escrow.spooled.count == 2)
      }
    }
  }
}

extension JSON {
  /// The same without some members, at any depth.
  fileprivate func without(_ keys: Set<String>) -> JSON {
    switch self {
    case .array(let items): .array(items.map { $0.without(keys) })
    case .object(let members): .object(members.filter { !keys.contains($0.key) }.mapValues { $0.without(keys) })
    default: self
    }
  }
}
