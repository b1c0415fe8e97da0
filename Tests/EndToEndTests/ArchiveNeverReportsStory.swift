import EscrowTesting
import Testing

extension Stories {
  /// The archive takes every request and does not answer.
  @Suite struct ArchiveNeverReports {
    @Test func itIsAskedAgainAndNothingIsPurged() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 5), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("when", "never")
        let clock = "quiet: 1s, maxWait: 2s, askAgain: [1s, 2s], alarmAfter: 4s"
        let peers = [
          sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port, commitment: clock),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"), routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)

        try await eventually("asked four times") { try await archive.events("action").count >= 4 }
        let asked = try await archive.events("action")
        #expect(Set(asked.compactMap { $0["transactionUID"].string }).count == asked.count)
        #expect(asked.allSatisfy { Set($0["uids"].items.compactMap(\.string)) == Set(samples.map(\.uid)) })
        try await eventually("an alarm") { try await !escrow.alarms().isEmpty }
        #expect(try await escrow.instances("purged") == 0)
        #expect(escrow.spooled.count == samples.count)
        // Silence is no reason to send again.
        #expect(try await archive.received().count == samples.count)

        try await archive.set("when", "after")
        try await escrow.purges(samples.count)
        try await eventually("the alarm is closed") { try await escrow.alarms().isEmpty }
      }
    }

    @Test func aLateReportForTheFirstRequestStillCounts() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("when", "never")
        let clock = "quiet: 1s, maxWait: 2s, askAgain: [1s, 24h]"
        let peers = [
          sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port, commitment: clock),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"), routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("asked twice") { try await archive.events("action").count == 2 }
        let first = try #require(try await archive.events("action").first?["transactionUID"].string)
        #expect(try await archive.reportNow(first) == [0])
        try await escrow.purges(samples.count)
      }
    }
  }
}
