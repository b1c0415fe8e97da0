import EscrowTesting
import Testing

extension Stories {
  /// The wall clock steps while deliveries, reports and purges wait: nothing stops, nothing is lost, and nothing goes
  /// before somebody has looked at the clock.
  @Suite struct Clocks {
    @Test(arguments: [3, -3, 24 * 400, -24 * 400]) func aStepLosesNothing(hours: Int) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 6), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("storeStatus", 0xA700)
        try await archive.set("when", "never")
        let clock = try await WallClock(on: stage)
        let offset = Duration.seconds(3600 * hours)
        let escrow = try EscrowProcess(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment", purge: "1h"))
        try await escrow.start(under: clock)
        try await archive.report(to: escrow.port)
        let modality = try await Modality.start(on: stage, to: escrow)

        // What waits to be sent again, and to be asked for.
        try await modality.store(Array(samples[0..<4]))
        try await eventually("the archive has refused twice") { try await archive.received().count >= 2 }
        try clock.step(to: offset)
        try await archive.set("storeStatus", 0)
        try await escrow.has(4, deliveries: "requested")
        try clock.step(to: .zero)
        try await modality.store(Array(samples[4...]))
        try await escrow.has(6, deliveries: "requested")

        // What waits for its report.
        try await archive.set("when", "after")
        try await archive.reportNow()
        try await escrow.has(6, deliveries: "delivered")
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))

        try await expectNoPurge(of: escrow, after: offset, on: clock)
        if hours > 0 {
          try await escrow.cli("purging", "resume", "--reason", "the clock is right").expectSuccess()
          try await escrow.purges(6)
        }
      }
    }

    /// What waits for its retention stays, whichever way the clock steps, also after a restart.
    private func expectNoPurge(of escrow: EscrowProcess, after offset: Duration, on clock: WallClock) async throws {
      try await escrow.cli("purging", "resume", "--reason", "the clock is right again").expectSuccess()
      for step in [offset, .zero, offset] {
        try clock.step(to: step)
        try await eventually("the step is noticed") { try await escrow.alarms().contains("clock.jumped") }
        #expect(try await escrow.instances("settled") == 6)
      }
      await escrow.kill()
      try await escrow.start(under: clock)
      #expect(try await escrow.alarms().contains("clock.jumped"))
      #expect(try await escrow.instances("settled") == 6)
      #expect(escrow.spooled.count == 6)
    }
  }
}
