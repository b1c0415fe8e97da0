import EscrowTesting
import Testing

extension Stories {
  /// Kills at random moments while the requests of a modality are taken, decided and answered, all open at once.
  @Suite struct AskingRestart {
    /// In each of the three phases.
    static let kills = Torture.factor == 1 ? 2 : min(Torture.factor, 20)
    private static let requests = Torture.factor == 1 ? 40 : 200
    private static let invented = Torture.factor == 1 ? 300 : 4970
    private static let associations = 8

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
        try await archive.set("when", "never")
        let modality = try await Asker.start(on: stage, port: port)
        try await modality.store(samples, at: escrow)
        let ct = "1.2.840.10008.5.1.4.1.1.2"
        let references = samples.map { ($0.sopClass, $0.uid) } + (1...Self.invented).map { (ct, "1.2.3.\($0)") }

        // Nobody hears, and the archive has not committed: nothing can be answered yet.
        try await modality.unlisten()
        var acknowledged: [JSON] = []
        for round in 1...Self.kills + 1 {
          let isLast = round > Self.kills
          let count = isLast ? Self.requests - acknowledged.count : Self.requests / Self.kills
          acknowledged += try await Self.killing(escrow, times: isLast ? 0 : 1) {
            try await modality.askMany(references, of: escrow, Self.wishes(count, upTo: references.count))
          }.filter { $0["status"].int == 0 }
        }
        #expect(acknowledged.count == Self.requests)
        try await archive.set("when", "after")
        try await Self.killing(escrow, times: Self.kills) {}
        try await modality.listen()
        try await Self.killing(escrow, times: Self.kills) {}

        for request in acknowledged {
          try await expectOneAnswer(to: request, at: modality, stored: Set(samples.map(\.uid)))
        }
        try await eventually("every job has ended") {
          try await escrow.http.get("/jobs?expand").items.allSatisfy { $0["State"].string == "Success" }
        }
        let sizes = acknowledged.map(\.["references"].items.count)
        Torture.report(
          """
          \(3 * Self.kills) kills, \(acknowledged.count) requests acknowledged, of \(sizes.min() ?? 0) to \
          \(sizes.max() ?? 0) references, each with one answer
          """)
      }
    }

    /// Requests of one reference to all of them.
    private static func wishes(_ requests: Int, upTo references: Int) -> [String: JSON] {
      [
        "transactions": .number(Double(requests)), "perTransaction": [1, .number(Double(references))],
        "associations": .number(Double(associations)), "seed": .number(Double(Int.random(in: 1...1_000_000))),
      ]
    }

    /// Kills the router at random moments, each time after another start, while something is done.
    private static func killing<Value: Sendable>(
      _ escrow: EscrowProcess, times: Int, while work: () async throws -> Value
    ) async throws -> Value {
      async let killed: Void = kill(escrow, times: times)
      let value = try await work()
      try await killed
      return value
    }

    private static func kill(_ escrow: EscrowProcess, times: Int) async throws {
      for _ in 0..<times {
        try await Task.sleep(for: .milliseconds(Int.random(in: 50...3000)))
        await escrow.kill()
        try await escrow.start()
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
