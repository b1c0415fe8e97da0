import EscrowTesting
import Testing

extension Stories {
  /// Kills at random moments while many modalities' requests are taken, decided and answered.
  @Suite struct AskingRestart {
    static let kills = Torture.times(4)
    private static let requests = Torture.factor == 1 ? 40 : 200
    private static let invented = Torture.factor == 1 ? 300 : 5000

    @Test func everyRequestHasOneAnswer() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 30, size: 16), on: stage)
        let archive = try await Archive.start(on: stage)
        let port = try stage.ports.next()
        let peers = [
          asker("ct1", "CT1", port: port),
          destination(
            "archive", archive.aeTitle, port: archive.port,
            commitment: "quiet: 1s, maxWait: 2s, askAgain: [3s]"),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"), routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        let modality = try await Asker.start(on: stage, port: port)
        try await modality.store(samples, at: escrow)
        let ct = "1.2.840.10008.5.1.4.1.1.2"
        let references = samples.map { ($0.sopClass, $0.uid) } + (1...Self.invented).map { (ct, "1.2.3.\($0)") }

        var acknowledged: [JSON] = []
        for _ in 0..<Self.kills {
          let killing = Task {
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...1500)))
            await escrow.kill()
          }
          acknowledged += try await modality.askMany(
            references, of: escrow,
            [
              "transactions": .number(Double(max(Self.requests / Self.kills, 5))),
              "perTransaction": [1, .number(Double(references.count))], "associations": 4,
              "seed": .number(Double(Int.random(in: 1...1_000_000))),
            ]
          ).filter { $0["status"].int == 0 }
          try await killing.value
          try await escrow.start()
        }
        #expect(!acknowledged.isEmpty)
        for request in acknowledged {
          try await expectOneAnswer(to: request, at: modality, stored: Set(samples.map(\.uid)))
        }
        try await eventually("every job has ended") {
          try await escrow.http.get("/jobs?expand").items.allSatisfy { $0["State"].string == "Success" }
        }
        Torture.report("\(Self.kills) kills, \(acknowledged.count) requests acknowledged, each with one answer")
      }
    }

    /// At least one report, all of the same content: what is stored committed, what is invented not known.
    private func expectOneAnswer(to request: JSON, at modality: Asker, stored: Set<String>) async throws {
      let uid = request["uid"].string ?? ""
      _ = try await modality.report(on: uid, within: .seconds(300))
      let reports = try await modality.reports(of: uid)
      let asked = Set(request["references"].items.compactMap { $0[1].string })
      for report in reports {
        #expect(Set(report["committed"].items.compactMap(\.string)) == asked.intersection(stored))
        #expect(Set(report["failed"].items.compactMap { $0[1].string }) == asked.subtracting(stored))
        #expect(report["failed"].items.allSatisfy { $0[2].int == 274 })
      }
    }
  }
}
