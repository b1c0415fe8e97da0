import EscrowTesting
import Testing

extension Stories {
  /// What an operator does by hand at three in the morning, with the command line.
  @Suite struct Operator {
    /// An archive behind a router that takes everything of CT1.
    private func withRouter(
      _ body: (EscrowProcess, Archive, Modality, [Sample]) async throws -> Void, ct: Int = 3
    ) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: ct, mr: 1), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: ["ct": route(match: "{ Modality: CT }", to: ["to: archive, proof: commitment"])])
        try await archive.report(to: escrow.port)
        let modality = try await Modality.start(on: stage, to: escrow)
        try await body(escrow, archive, modality, samples)
      }
    }

    @Test func holdsStudiesAndReleasesThem() async throws {
      try await withRouter { escrow, archive, modality, samples in
        try await archive.down()
        let images = samples.filter { $0.modality == "CT" }
        try await modality.store(images)
        let unexplained = try await escrow.cli("queue", "hold", "--study", images[0].study, "--yes")
        #expect(unexplained.code == 2 && unexplained.errors.contains("reason"), "\(unexplained)")
        let why = ["--reason", "wrong patient"]
        let shown = try await escrow.cli("queue", "hold", "--study", images[0].study, why[0], why[1])
        #expect(shown.code == 0 && shown.output.contains("3 deliveries match"), "\(shown)")
        #expect(try await escrow.api("deliveries")["items"].items.allSatisfy { $0["delivery"]["hold"].isNull })
        let done = try await escrow.cli(
          "queue", "hold", "--study", images[0].study, why[0], why[1], "--yes", "--expect", "3")
        #expect(done.code == 0, "\(done)")
        try await archive.up()
        try await eventually("the archive is up again") {
          try await escrow.api("status")["destinations"]["archive"]["health"].string == "up"
        }
        let list = try await escrow.cli("queue", "ls", "--to", "archive")
        #expect(list.output.contains("via api: wrong patient"), "\(list)")
        #expect(try await archive.received().isEmpty)
        try await escrow.cli("queue", "release", "--study", images[0].study, "--yes").expectSuccess()
        try await escrow.purges(3)
        let trace = try await escrow.cli("trace", images[0].uid)
        #expect(trace.output.contains("held: wrong patient") && trace.output.contains("released"), "\(trace)")
      }
    }

    @Test func reroutesWhatNoRouteTook() async throws {
      try await withRouter { escrow, archive, modality, samples in
        let report = try #require(samples.first { $0.modality == "MR" })
        try await modality.store([report])
        #expect(try await escrow.alarms() == ["instance.held"])
        let inVain = try await escrow.cli("queue", "reroute", "--yes")
        #expect(inVain.code == 1 && inVain.output.contains("no route"), "\(inVain)")
        _ = await escrow.stop()
        try escrow.write(route: "mr", route(match: "{ Modality: MR }", to: ["to: archive, proof: commitment"]))
        try await escrow.start()
        #expect(try await escrow.instances("held") == 1)
        try await escrow.cli("queue", "reroute", "--yes").expectSuccess()
        try await escrow.purges(1)
        #expect(try await archive.stored()[report.uid] != nil)
        #expect(try await escrow.alarms().isEmpty)
      }
    }

    @Test func discardsWhatNobodyWants() async throws {
      try await withRouter { escrow, _, modality, samples in
        let image = try #require(samples.first { $0.modality == "MR" })
        try await modality.store([image])
        let everything = try await escrow.cli("queue", "discard", "--reason", "test image", "--yes")
        #expect(everything.code == 2 && everything.errors.contains("say which"), "\(everything)")
        #expect(try await escrow.instances("held") == 1)
        try await escrow.cli("queue", "discard", "--instance", image.uid, "--reason", "test image", "--yes")
          .expectSuccess()
        try await eventually("discarded") { try await escrow.instances("discarded") == 1 }
        #expect(escrow.spooled.isEmpty)
        let trace = try await escrow.cli("trace", image.uid)
        #expect(trace.output.contains("discarded: test image"), "\(trace)")
        // The sender may send it again: it is a new instance.
        try await modality.store([image])
        #expect(try await escrow.instances("held") == 1)
      }
    }

    @Test func givesADestinationUpAndLetsTheCopyGo() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        let research = try await Archive.start(on: stage, aeTitle: "RESEARCH", down: true)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port),
            destination("research", research.aeTitle, port: research.port),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment", "to: research, proof: response"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.has(2, deliveries: "delivered")
        let early = try await escrow.cli("queue", "waive", "--to", "research", "--reason", "closed", "--yes")
        #expect(early.code == 1, "\(early)")
        try await escrow.cli("queue", "cancel", "--to", "research", "--reason", "closed", "--yes").expectSuccess()
        #expect(try await escrow.instances("settled") == 2)
        try await escrow.cli("queue", "waive", "--to", "research", "--reason", "closed", "--yes").expectSuccess()
        try await escrow.purges(2)
        #expect(try await research.received().isEmpty)
      }
    }

    @Test func asksAgainAfterARefusal() async throws {
      try await withRouter { escrow, archive, modality, samples in
        try await archive.set("actionStatus", .number(0x0122))
        try await modality.store(samples.filter { $0.modality == "CT" })
        try await eventually("the refusal is an alarm") { try await escrow.alarms().contains("commitment.refused") }
        try await escrow.has(3, deliveries: "sent")
        try await archive.set("actionStatus", .number(0))
        let shown = try await escrow.cli("commitments", "ask-again", "--to", "archive")
        #expect(shown.output.contains("3 deliveries match; 3 would be asked for again"), "\(shown)")
        try await escrow.cli("commitments", "ask-again", "--to", "archive", "--yes").expectSuccess()
        try await escrow.purges(3)
        #expect(try await escrow.alarms().isEmpty)
      }
    }

    @Test func settlesAConflict() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        let modality = try await Modality.start(on: stage, to: escrow)
        let other = stage.directory.appending("other.dcm")
        try await Command("cp", [samples[0].path, other]).check()
        try await Command("dcmodify", ["-nb", "-m", "(0008,1030)=Other study", other]).check()
        var changed = samples[0]
        changed.path = other
        try await modality.store([samples[0], changed])
        try await escrow.has(2, deliveries: "delivered")
        #expect(try await escrow.instances("settled") == 2)
        #expect(try await escrow.alarms() == ["instance.conflict"])
        let uid = samples[0].uid
        try await escrow.cli("queue", "resolve", "--instance", uid, "--reason", "the archive has both", "--yes")
          .expectSuccess()
        try await escrow.purges(2)
        #expect(try await escrow.alarms().isEmpty)
      }
    }
  }
}
