import EscrowTesting
import Testing

extension Stories {
  /// Associations that end as they should not, and destinations that are gone in the middle of it.
  @Suite struct HospitalBreaks {
    private func run(
      _ count: Int, timeouts: String = "{}", size: Int = 64,
      _ body: (EscrowProcess, Archive, Modality, [Sample]) async throws -> Void
    ) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: count, size: size), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            destination("archive", archive.aeTitle, port: archive.port, more: "timeouts: \(timeouts)"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await body(escrow, archive, try await Modality.start(on: stage, to: escrow), samples)
      }
    }

    /// In place of an answer the association is aborted, or the connection closed without release; nobody knows what
    /// became of the instance, so it is sent again.
    @Test(arguments: ["abort", "close"]) func anAssociationThatEndsInsteadOfAnAnswer(ending: String) async throws {
      try await run(6) { escrow, archive, modality, samples in
        try await archive.set(
          "endings", .array([.string(ending), .string("answer"), .string(ending), .string(ending)]))
        try await modality.store(samples)
        try await escrow.purges(samples.count)
        let ended = try await archive.events("end").compactMap { $0["uid"].string }
        #expect(ended.count == 3)
        #expect(try await archive.received().sorted() == samples.map(\.uid).sorted(), "each is taken once")
        let trace = try await escrow.cli("trace", ended[0])
        let words = ending == "abort" ? "aborted by the peer" : "association closed"
        #expect(trace.output.contains(words), "\(trace)")
      }
    }

    /// It answers only after our patience is over, twice; the third time it is as fast as others.
    @Test func answersThatComeTooLate() async throws {
      try await run(2, timeouts: "{ store: 2s }") { escrow, archive, modality, samples in
        try await archive.set("storeDelay", 4)
        try await modality.store(samples)
        try await eventually("it is known to be slow") {
          let health = try await escrow.api("status")["destinations"]["archive"]
          return health["health"].string != "up" && health["reason"].string?.isEmpty == false
        }
        #expect(try await escrow.instances("purged") == 0)
        #expect(try await escrow.deliveries("failed") == 0)
        try await archive.set("storeDelay", 0)
        try await escrow.purges(samples.count)
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
      }
    }

    /// DCMTK's storescp, told to abort while a data set comes or after it came, then replaced by one in order.
    @Test(arguments: ["--abort-during", "--abort-after"]) func storescpAborts(option: String) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3, size: 512), on: stage)
        let broken = try await DCMTK.storescp(on: stage, options: ["--accept-all", option])
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", broken.aeTitle, port: broken.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("each was tried, and none for ever") {
          let deliveries = try await escrow.all("deliveries").map { $0["delivery"] }
          return deliveries.count == samples.count && deliveries.allSatisfy { ($0["attempts"].int ?? 0) > 0 }
        }
        #expect(try await escrow.deliveries("delivered") == 0)
        #expect(escrow.spooled.count == samples.count)
        await broken.process.kill()
        try await DCMTK.storescp(on: stage, port: broken.port)
        try await escrow.purges(samples.count)
        let words = try await escrow.cli("trace", samples[0].uid)
        #expect(words.output.contains("aborted by the peer"), "\(words)")
        // It may keep what it took before it aborted; the new one writes the same names.
        #expect(broken.files.count >= samples.count)
      }
    }

    /// Killed while it is being sent to, and back an instant later with nothing of what it did not write.
    @Test func aDestinationIsKilledAndComesBack() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 40, size: 256), on: stage)
        let first = try await DCMTK.storescp(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", first.aeTitle, port: first.port)].joined(
            separator: "\n"),
          routes: everything(to: "to: archive, proof: response"))
        let modality = try await Modality.start(on: stage, to: escrow)
        try await modality.store(Array(samples[..<20]))
        try await eventually("some arrived") { !first.files.isEmpty }
        await first.process.kill()
        try await modality.store(Array(samples[20...]))
        try await eventually("it is missed") {
          try await escrow.api("status")["destinations"]["archive"]["health"].string == "down"
        }
        #expect(try await escrow.deliveries("failed") == 0)
        try await DCMTK.storescp(on: stage, port: first.port)
        try await escrow.purges(samples.count)
        #expect(first.files.count == samples.count)
      }
    }
  }
}
