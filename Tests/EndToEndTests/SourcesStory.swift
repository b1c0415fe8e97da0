import EscrowTesting
import Testing

extension Stories {
  /// Senders that are held, have a quota, or are missed.
  @Suite struct Sources {
    private func peer(_ name: String, _ more: String) -> String {
      "\(name): { aeTitle: \(name.uppercased()), addresses: [127.0.0.1/32], allow: [echo, store], \(more) }"
    }

    @Test func whatASenderSendsIsHeldByItsRuleAndGoesWhenItIsGone() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            peer("ct1", "intake: { hold: acceptance test }"),
            destination("archive", archive.aeTitle, port: archive.port),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        #expect(try await escrow.instances("held") == 3)
        #expect(try await escrow.alarms() == ["instance.held"])
        #expect(try await archive.received().isEmpty)
        let list = try await escrow.cli("sources", "ls")
        #expect(list.output.contains("ct1") && list.output.contains("acceptance test"), "\(list)")
        try await escrow.cli("queue", "reroute", "--yes").expectSuccess()
        try await escrow.purges(3)
      }
    }

    @Test func whoseQuotaIsUsedUpIsRefusedAndNobodyElse() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 6), on: stage)
        let others = try await Sample.make(.init(mr: 2, seed: "other"), on: stage)
        let archive = try await Archive.start(on: stage, down: true)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            peer("ct1", "intake: { quota: 20KB }"), peer("mr1", "intake: {}"),
            destination("archive", archive.aeTitle, port: archive.port),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response"))
        // Some fit; the one that goes beyond is the last that is taken.
        let sent = try await escrow.dcmtk(calling: "CT1").storescu(files: samples.map(\.path))
        #expect(sent.code != 0)
        let kept = try await escrow.instances("inTransit")
        #expect((1..<6).contains(kept))
        try await eventually("an alarm") { try await escrow.alarms().contains("source.quota") }
        try await escrow.dcmtk(calling: "MR1").storescu(files: others.map(\.path)).expectSuccess()
        try await archive.up()
        try await eventually("the quota is free again") { try await !escrow.alarms().contains("source.quota") }
        try await escrow.dcmtk(calling: "CT1").storescu(files: [samples[5].path]).expectSuccess()
      }
    }

    @Test func whoIsSilentIsMissedUntilSomethingComes() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1), on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peer("ct1", "expect: { silence: 1s }"), routes: [:])
        try await eventually("it is missed") { try await escrow.alarms() == ["source.silent"] }
        let first = try await escrow.api("status")["alarms"][0]["since"].string ?? ""
        try await escrow.dcmtk(calling: "CT1").storescu(files: [samples[0].path]).expectSuccess()
        // Its silence ends with what came, and begins anew.
        try await eventually("missed again, since later") {
          let alarms = try await escrow.api("status")["alarms"].items
          let silent = alarms.first { $0["kind"].string == "source.silent" }
          return silent.map { ($0["since"].string ?? "") > first } ?? false
        }
      }
    }
  }
}
