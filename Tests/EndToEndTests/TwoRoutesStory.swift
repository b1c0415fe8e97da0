import EscrowTesting
import Testing

extension Stories {
  /// Two routes, three destinations, different proofs.
  @Suite struct TwoRoutes {
    @Test func purgeWaitsForAllAndTheDeadOneSlowsNobody() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 20, mr: 20), on: stage)
        let archive = try await Archive.start(on: stage)
        let research = try await Archive.start(on: stage, aeTitle: "RESEARCH")
        let backup = try await Archive.start(on: stage, aeTitle: "BACKUP", down: true)
        let peers =
          [sender("ct1", "CT1")]
          + [archive, research, backup].map { destination($0.aeTitle.lowercased(), $0.aeTitle, port: $0.port) }
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"),
          routes: [
            "ct": route(
              match: "{ Modality: CT }",
              to: ["to: archive, proof: commitment", "to: research, proof: response", "to: backup, proof: commitment"]),
            "mr": route(
              match: "{ Modality: MR, StudyDescription: /chest/i }",
              to: ["to: archive, proof: commitment", "to: research, proof: response"]),
          ])
        for destination in [archive, research, backup] { try await destination.report(to: escrow.port) }
        try await Modality.start(on: stage, to: escrow).store(samples)

        // The MR images are through and gone, the CT images are everywhere but at the dead destination.
        try await eventually("the MR images are purged") { try await escrow.instances("purged") == 20 }
        try await escrow.has(80, deliveries: "delivered")
        #expect(try await archive.stored().count == 40)
        #expect(try await research.stored().count == 40)
        #expect(escrow.spooled.count == 20)
        #expect(try await escrow.instances("inTransit") == 20)

        try await backup.up()
        try await escrow.purges(40)
        let images = Set(samples.filter { $0.modality == "CT" }.map(\.uid))
        #expect(Set(try await backup.stored().keys) == images)
        #expect(try await research.events("action").isEmpty)
      }
    }
  }
}
