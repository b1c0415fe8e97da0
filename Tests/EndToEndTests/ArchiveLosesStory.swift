import EscrowTesting
import Testing

extension Stories {
  /// The archive says yes to 20 instances, loses 3 of them and admits it when it is asked.
  @Suite struct ArchiveLosesImages {
    @Test func exactlyTheLostOnesAreSentAgain() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 20), on: stage)
        let lost = Set([3, 11, 19].map { samples[$0].uid })
        let archive = try await Archive.start(on: stage)
        try await archive.set("loseUIDs", .array(lost.map { .string($0) }))
        try await archive.set("when", "never")
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)

        // Stored everywhere, asked for, and nothing is let go of before the archive has answered.
        try await escrow.has(samples.count, deliveries: "requested")
        #expect(try await escrow.instances("purged") == 0)
        #expect(escrow.spooled.count == samples.count)

        try await archive.set("when", "after")
        #expect(try await archive.reportNow().allSatisfy { $0 == 0 })
        try await escrow.purges(samples.count)
        let sent = Dictionary(grouping: try await archive.received()) { $0 }.mapValues(\.count)
        #expect(Set(sent.filter { $0.value == 2 }.keys) == lost)
        #expect(sent.values.allSatisfy { $0 <= 2 })
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
        for uid in lost {
          let trace = try await escrow.api("trace/\(uid)")
          #expect(trace["attempts"].items.count == 2)
          #expect(trace["transactions"].items.count == 2)
        }
      }
    }
  }
}
