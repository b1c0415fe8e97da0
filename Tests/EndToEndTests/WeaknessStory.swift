import EscrowTesting
import Testing

extension Stories {
  /// Where the reference system is weak, through the same interface: docs/reference.md names the weaknesses.
  @Suite struct Weakness {
    private struct Scene {
      let stage: Stage
      let archive: Archive
      let escrow: EscrowProcess
      let samples: [Sample]
      /// The ids of the uploaded samples.
      let ids: [JSON]

      func ask(_ ids: [JSON]? = nil) async throws -> HTTPClient.Response {
        try await escrow.http.request(
          "POST", "/modalities/archive/storage-commitment", body: ["Resources": .array(ids ?? self.ids)])
      }

      func status(_ uid: String) async throws -> String? {
        try await escrow.http.get("/storage-commitment/\(uid)")["Status"].string
      }

      func becomes(_ status: String, _ uid: String) async throws {
        try await eventually("\(uid) is \(status)") { try await self.status(uid) == status }
      }

      func job(_ id: String, becomes state: String) async throws {
        try await eventually("job \(id) is \(state)") {
          try await escrow.http.get("/jobs/\(id)")["State"].string == state
        }
      }
    }

    private static func run(
      ct: Int = 2, down: Bool = false, commitment: String = "quiet: 1s, maxWait: 2s",
      _ body: (Scene) async throws -> Void
    ) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: ct), on: stage)
        let archive = try await Archive.start(on: stage, down: down)
        let escrow = try await EscrowProcess.start(
          on: stage, peers: destination("archive", archive.aeTitle, port: archive.port, commitment: commitment),
          routes: [:])
        try await archive.report(to: escrow.port)
        var ids: [JSON] = []
        for sample in samples {
          ids.append(try await escrow.http.request("POST", "/instances", file: sample.path).json()["ID"])
        }
        try await body(Scene(stage: stage, archive: archive, escrow: escrow, samples: samples, ids: ids))
      }
    }

    /// W1: any report was believed.
    @Test func onlyTheRightReportCounts() async throws {
      try await Self.run { scene in
        try await scene.archive.set("when", "never")
        let uid = try await scene.ask().json()["ID"].string ?? ""
        let forger = try await Forger.start(on: scene.stage, against: scene.escrow)
        let asked = scene.samples.map(\.reference)
        for forgery in forgeries(transaction: uid, asked: asked, neverAsked: ["1.2.840.10008.5.1.4.1.1.2", "1.2.3"]) {
          try await forger.send(forgery)
          #expect(try await scene.status(uid) == "Pending", "\(forgery)")
          #expect(
            try await scene.escrow.http.request("POST", "/storage-commitment/\(uid)/remove").status == 409)
        }
        #expect(try await scene.escrow.http.get("/instances").items.count == 2)
        #expect(scene.escrow.spooled.count == 2)
      }
    }

    /// W2, W3: a request that failed stayed pending for ever, and nobody asked again.
    @Test func aRequestThatCouldNotBeMadeIsMadeLater() async throws {
      try await Self.run(down: true) { scene in
        let answer = try await scene.ask()
        #expect(answer.status == 500)
        let error = try JSON(parsing: answer.body)
        #expect(error["OrthancStatus"].int == 9)
        let uid = error["ID"].string ?? ""
        #expect(try await scene.status(uid) == "Pending")
        await scene.escrow.kill()
        try await scene.escrow.start()
        #expect(try await scene.status(uid) == "Pending")
        try await scene.archive.up()
        try await scene.becomes("Failure", uid)
        let report = try await scene.escrow.http.get("/storage-commitment/\(uid)")
        #expect(report["Failures"].items.map { $0["FailureReason"].int } == [274, 274])
      }
    }

    /// W3: a report that did not come was waited for, for ever.
    @Test func aReportThatDoesNotComeIsAskedForAgain() async throws {
      try await Self.run(commitment: "askAgain: [1s]") { scene in
        try await scene.archive.set("when", "never")
        let uid = try await scene.ask().json()["ID"].string ?? ""
        try await eventually("it is asked again") { try await scene.archive.events("action").count >= 2 }
        let asked = try await scene.archive.events("action").compactMap { $0["transactionUID"].string }
        #expect(Set(asked).count == asked.count)
        #expect(asked.first == uid)
        #expect(try await scene.archive.reportNow(asked[1]) == [0])
        try await scene.becomes("Failure", uid)
      }
    }

    /// W4: reports were in memory, a hundred of them.
    @Test func everyTransactionIsKept() async throws {
      // What the archive reports while nobody hears it is asked for again.
      try await Self.run(ct: 1, commitment: "askAgain: [5s]") { scene in
        var uids: [String] = []
        for _ in 0..<110 { uids.append(try await scene.ask().json()["ID"].string ?? "") }
        await scene.escrow.kill()
        try await scene.escrow.start()
        for uid in uids { try await scene.becomes("Failure", uid) }
      }
    }

    /// W5: a store that was to go on after a failure never asked for commitment.
    @Test func whatWasSentIsAskedForThoughSomeWasNot() async throws {
      try await Self.run(ct: 3) { scene in
        try await scene.archive.set("statusOf", [scene.samples[1].uid: 0xA900])
        let stored = try await scene.escrow.http.post(
          "/modalities/archive/store",
          ["Resources": .array(scene.ids), "Permissive": true, "StorageCommitment": true])
        #expect(stored["FailedInstancesCount"].int == 1)
        let uid = stored["StorageCommitmentTransactionUID"].string ?? ""
        try await scene.becomes("Success", uid)
        let report = try await scene.escrow.http.get("/storage-commitment/\(uid)")
        #expect(report["Success"].items.count == 2)
        #expect(try await scene.escrow.http.request("POST", "/storage-commitment/\(uid)/remove").status == 200)
        #expect(try await scene.escrow.http.get("/instances").items == [scene.ids[1]])
      }
    }

    /// W6: a restart forgot the commitment of a store.
    @Test func aRestartForgetsNothingOfAStore() async throws {
      try await Self.run(ct: 12) { scene in
        try await scene.archive.set("storeDelay", .number(0.3))
        let job =
          try await scene.escrow.http.post(
            "/modalities/archive/store",
            ["Resources": .array(scene.ids), "Asynchronous": true, "StorageCommitment": true])["ID"].string ?? ""
        try await eventually("some are stored") { try await scene.archive.received().count >= 3 }
        await scene.escrow.kill()
        try await scene.archive.set("storeDelay", 0)
        try await scene.escrow.start()
        try await scene.job(job, becomes: "Success")
        let content = try await scene.escrow.http.get("/jobs/\(job)")["Content"]
        #expect(content["FailedInstancesCount"].int == 0)
        try await scene.becomes("Success", content["StorageCommitmentTransactionUID"].string ?? "")
      }
    }

    /// W13, W15: ten jobs were remembered, and one whose instance was gone was forgotten.
    @Test func everyJobIsKept() async throws {
      try await Self.run(ct: 2, down: true) { scene in
        var jobs: [String] = []
        for id in scene.ids + scene.ids {
          for _ in 0..<4 {
            let body: JSON = ["Resources": [id], "Asynchronous": true]
            jobs.append(
              try await scene.escrow.http.post("/modalities/archive/store", body)["ID"].string ?? "")
          }
        }
        for job in jobs.dropLast() { _ = try await scene.escrow.http.post("/jobs/\(job)/cancel", [:]) }
        let last = jobs.last ?? ""
        _ = try await scene.escrow.http.post("/jobs/\(last)/pause", [:])
        await scene.escrow.kill()
        try await scene.escrow.start()
        #expect(Set(try await scene.escrow.http.get("/jobs").items.compactMap(\.string)) == Set(jobs))
        #expect(try await scene.escrow.http.get("/jobs/\(last)")["State"].string == "Paused")
        try await scene.archive.up()
        _ = try await scene.escrow.http.post("/jobs/\(last)/resume", [:])
        try await scene.job(last, becomes: "Success")
        _ = try await scene.escrow.http.post("/jobs/\(jobs[0])/resubmit", [:])
        try await scene.job(jobs[0], becomes: "Success")
        #expect(try await scene.escrow.http.request("DELETE", "/jobs/\(last)").status == 200)
        #expect(try await scene.escrow.http.request("GET", "/jobs/\(last)").status == 404)
      }
    }

    /// Deleting goes through the purge guard, and says why not.
    @Test func nothingIsDeletedWithoutProof() async throws {
      try await Self.run { scene in
        let id = scene.ids[0].string ?? ""
        let refused = try await scene.escrow.http.request("DELETE", "/instances/\(id)")
        #expect(refused.status == 409)
        #expect(refused.body.contains("no destination has committed to it"))
        #expect(try await scene.escrow.http.request("DELETE", "/instances/\(id)?force=true").status == 200)
        try await eventually("its file is gone") { scene.escrow.spooled.count == 1 }
        #expect(try await scene.escrow.instances("discarded") == 1)
      }
    }
  }
}
