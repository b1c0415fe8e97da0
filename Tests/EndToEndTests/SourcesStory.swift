import EscrowTesting
import FoundationEssentials
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

    @Test func whoIsNoPeerIsListedWithWhatItTriedAndAllowedInOneStep() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage, peers: "# those who take\n" + destination("archive", archive.aeTitle, port: archive.port),
          routes: everything(to: "to: archive, proof: response"), more: "unknownPeers: { allow: [echo] }")
        let scanner = escrow.dcmtk(calling: "CT 9")
        #expect(
          try await escrow.cli("sources", "ls", "--unlisted").output == "nobody was turned away in the last 30 days\n")
        // Who only asks whether we are there is let, and nothing to tell of.
        try await scanner.echoscu().expectSuccess()
        for _ in 1...2 { #expect(try await scanner.storescu(files: [samples[0].path]).code != 0) }
        let item = try await escrow.api("sources/unlisted")["items"][0]
        #expect(item["callingAE"].string == "CT 9" && item["address"].string == "127.0.0.1")
        #expect(item["attempts"].int == 2 && item["proposed"].items.contains("CTImageStorage"), "\(item)")
        await escrow.kill()
        try await escrow.start()
        let list = try await escrow.cli("sources", "ls", "--unlisted").output
        #expect(list.contains("CT 9@127.0.0.1") && list.contains("unknownPeers lets nobody store"), "\(list)")
        let before = try String(contentsOfFile: escrow.configuration, encoding: .utf8)
        let wrong = try await escrow.alone("sources", "allow", "CT 9@127.0.0.1", "--name", "archive")
        #expect(wrong.code == 2 && wrong.errors.contains("peer `archive` is here already"), "\(wrong)")
        #expect(try String(contentsOfFile: escrow.configuration, encoding: .utf8) == before)
        let allowed = try await escrow.alone("sources", "allow", "CT 9@127.0.0.1")
        #expect(allowed.code == 0 && allowed.output.contains("CT 9 may send from 127.0.0.1"), "\(allowed)")
        let line = "  ct-9: { aeTitle: \"CT 9\", addresses: [127.0.0.1], allow: [echo, store] }\n"
        #expect(
          try String(contentsOfFile: escrow.configuration, encoding: .utf8).replacing(line, with: "") == before)
        try await scanner.storescu(files: samples.map(\.path)).expectSuccess()
        try await escrow.purges(2)
        #expect(try await escrow.api("sources/unlisted")["items"].items.isEmpty, "it is a peer now")
      }
    }

    @Test func aPeerThatMayNotStoreIsListedToo() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1), on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            "ct1: { aeTitle: CT1, addresses: [127.0.0.1/32], allow: [echo] }",
            "ct2: { aeTitle: CT2, addresses: [10.99.0.1], allow: [echo, store] }",
            "ct3: { aeTitle: CT3, addresses: [127.0.0.1], allow: [echo, store] }",
          ].joined(separator: "\n"), routes: [:])
        for title in ["CT1", "CT2"] {
          #expect(try await escrow.dcmtk(calling: title).storescu(files: [samples[0].path]).code != 0)
        }
        try await escrow.dcmtk(calling: "CT3").storescu(files: [samples[0].path]).expectSuccess()
        let items = try await escrow.api("sources/unlisted")["items"].items
        let reasons = Dictionary(uniqueKeysWithValues: items.map { ($0["callingAE"].string, $0["reason"].string) })
        #expect(
          reasons == [
            "CT1": "peer ct1 may not store: its allow has no store",
            "CT2": "CT2 is peer ct2, but 127.0.0.1 is not one of its addresses",
          ])
        // The first is to be changed where it is written; the second may come from here too, as a peer of its own.
        let first = try await escrow.alone("sources", "allow", "CT1@127.0.0.1", "--name", "ct1b")
        #expect(first.code == 2 && first.errors.contains("share addresses"), "\(first)")
        try await escrow.alone("sources", "allow", "CT2@127.0.0.1", "--name", "ct2-new").expectSuccess()
        try await escrow.dcmtk(calling: "CT2").storescu(files: [samples[0].path]).expectSuccess()
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
