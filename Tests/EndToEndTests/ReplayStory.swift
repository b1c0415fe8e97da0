import EscrowTesting
import Testing

extension Stories {
  /// Routes are edited and tried on yesterday's images before they count.
  @Suite struct Replay {
    @Test func editedRoutesAreTriedBeforeTheyCount() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3, mr: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        let research = try await Archive.start(on: stage, aeTitle: "RESEARCH")
        let all = ["to: archive, proof: commitment"]
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port),
            destination("research", research.aeTitle, port: research.port),
          ].joined(separator: "\n"),
          routes: [
            "ct": route(match: "{ Modality: CT }", to: all),
            "mr": route(match: "{ Modality: MR }", to: all, purge: "1h"),
          ])
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        // The copies of the CT images are gone, those of the MR images are here.
        try await escrow.has(5, deliveries: "delivered")
        try await eventually("the CT images are purged") { try await escrow.instances("purged") == 3 }

        let same = try await escrow.cli("route", "replay", "--since", "1h")
        #expect(same.code == 0 && same.output.contains("5 instances: 5 as they went, 0 otherwise"), "\(same)")

        try escrow.write(
          route: "mr", route(match: "{ PatientName: \"Müller*\", Modality: MR }", to: ["to: research, proof: response"])
        )
        let other = try await escrow.cli("route", "replay", "--since", "1h")
        #expect(other.code == 0 && other.output.contains("3 as they went, 2 otherwise"), "\(other)")
        #expect(other.output.contains(/archive \(commitment\) +research \(response\)/), "\(other)")

        try escrow.write(route: "ct", route(match: "{ PatientName: \"Müller*\" }", to: all))
        let untold = try await escrow.cli("route", "replay", "--since", "1h", "--limit", "1")
        #expect(untold.code == 0 && untold.output.contains("3 cannot be told"), "\(untold)")
        #expect(untold.output.contains("cannot be told: PatientName is not on record"), "\(untold)")
        #expect(untold.output.contains("... and 4 more"), "\(untold)")

        try escrow.write(route: "ct", route(match: "{ Modality: US }", to: all))
        let held = try await escrow.cli("route", "replay", "--since", "1h", "--json")
        #expect(held.code == 1, "\(held)")
        #expect(try held.json()["newlyHeld"].int == 3, "\(held)")
        #expect(try held.json()["differences"].items.compactMap { $0["wouldBeHeld"].string }.count == 3)

        try escrow.write(route: "ct", "match: { Modalty: CT }")
        let wrong = try await escrow.cli("route", "replay", "--since", "1h")
        #expect(wrong.code == 1 && wrong.errors.contains(/ct\.yaml:1:\d+: error: .*Modalty/), "\(wrong)")
        let nonsense = try await escrow.cli("route", "replay", "--since", "yesterday")
        #expect(nonsense.code == 2 && nonsense.errors.contains("since"), "\(nonsense)")
        // Nothing of it was put in force.
        #expect(try await research.received().isEmpty)
        #expect(
          try await escrow.api("routes")["items"].items.map { $0["match"]["Modality"][0].string } == ["CT", "MR"])
      }
    }
  }
}
