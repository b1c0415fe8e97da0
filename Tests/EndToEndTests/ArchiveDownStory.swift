import EscrowTesting
import Testing

extension Stories {
  /// The archive is down while 200 instances arrive.
  @Suite struct ArchiveDown {
    @Test func everythingArrivesWhenItComesBack() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 200), on: stage)
        let archive = try await Archive.start(on: stage, down: true)
        let research = try await Archive.start(on: stage, aeTitle: "RESEARCH")
        let peers = [
          sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port),
          destination("research", research.aeTitle, port: research.port),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment", "to: research, proof: response"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)

        // The other destination has everything while the archive has nothing.
        try await escrow.has(samples.count, deliveries: "delivered")
        #expect(try await research.stored().count == samples.count)
        #expect(try await escrow.instances("purged") == 0)
        #expect(escrow.spooled.count == samples.count)
        try await eventually("the archive is known to be down") {
          try await escrow.api("status")["destinations"]["archive"]["health"] == "down"
        }
        let waiting = try await escrow.api("status")["destinations"]["archive"]
        #expect(waiting["queued"].int == samples.count)
        #expect(waiting["reason"].string?.isEmpty == false)
        #expect(waiting["nextProbeAt"].string != nil)

        try await archive.up()
        try await escrow.purges(samples.count)
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
        #expect(try await escrow.deliveries("delivered") == 2 * samples.count)
      }
    }

    @Test(arguments: [0xA700, 0xC000, 0x0110])
    func failedStoresAreTriedAgain(status: Int) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("storeStatuses", [.number(Double(status))])
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        #expect(try await archive.received().count == samples.count + 1)
      }
    }

    @Test func discardedElementsKeepTheCopy() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("statusOf", .object([samples[0].uid: 0xB006, samples[1].uid: 0xB000]))
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.has(2, deliveries: "delivered")
        try await eventually("the coerced one is purged") { try await escrow.instances("purged") == 1 }
        #expect(try await escrow.instance(samples[0].uid)["state"] == "settled")
        #expect(escrow.spooled.count == 1)
      }
    }
  }
}
