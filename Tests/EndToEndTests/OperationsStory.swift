import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// What an imaging administrator does with the command line when destinations differ and days go wrong.
  @Suite struct Operations {
    /// A router with two archives that commit; the first is down.
    private func withRouter(
      _ body: (EscrowProcess, Archive, Archive, Modality, [Sample]) async throws -> Void
    ) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let first = try await Archive.start(on: stage, down: true)
        let second = try await Archive.start(on: stage, aeTitle: "ARCHIVE2")
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"), destination("archive", first.aeTitle, port: first.port),
            destination("archive2", second.aeTitle, port: second.port),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        for archive in [first, second] { try await archive.report(to: escrow.port) }
        try await body(escrow, first, second, Modality.start(on: stage, to: escrow), samples)
      }
    }

    @Test func aBrokenArchiveIsReplacedByAnother() async throws {
      try await withRouter { escrow, first, _, modality, samples in
        try await modality.store(samples)
        let drained = try await escrow.cli("destinations", "drain", "archive", "--reason", "disk broken")
        #expect(drained.code == 0 && drained.output.contains("via api: disk broken"), "\(drained)")
        let list = try await escrow.cli("destinations", "ls")
        #expect(list.output.contains("paused"), "\(list)")
        let shown = try await escrow.cli("destinations", "show", "archive")
        #expect(shown.output.contains(samples[0].study) && shown.output.contains("3 queued"), "\(shown)")
        _ = await escrow.stop()
        try await escrow.start()
        try await first.up()
        let would = try await escrow.cli("destinations", "repoint", "archive", "--to", "archive2", "--reason", "broken")
        #expect(would.code == 0 && would.output.contains("3 would be repointed to archive2"), "\(would)")
        let done = try await escrow.cli(
          "destinations", "repoint", "archive", "--to", "archive2", "--reason", "broken", "--yes", "--expect", "3")
        #expect(done.code == 0 && done.output.contains("send to archive still: everything"), "\(done)")
        try await escrow.purges(3)
        #expect(try await first.received().isEmpty)
        let trace = try await escrow.cli("trace", samples[0].uid)
        #expect(trace.output.contains("repointed to archive2: broken"), "\(trace)")
        try await escrow.cli("destinations", "resume", "archive").expectSuccess()
        #expect(try await escrow.alarms().isEmpty)
      }
    }

    @Test func whatTheLawKeepsStaysUntilTheHoldEnds() async throws {
      try await withRouter { escrow, first, _, modality, samples in
        let held = try await escrow.cli("legal-hold", "set", "--study", samples[0].study, "--reason", "claim 881")
        #expect(held.code == 0, "\(held)")
        try await first.up()
        try await modality.store(samples)
        try await escrow.has(3, deliveries: "delivered")
        let list = try await escrow.cli("legal-hold", "ls")
        #expect(list.output.contains("claim 881") && list.output.contains(samples[0].study), "\(list)")
        let discard = try await escrow.cli(
          "queue", "discard", "--study", samples[0].study, "--reason", "space", "--yes")
        #expect(discard.code == 1 && discard.output.contains("kept: on legal hold: claim 881"), "\(discard)")
        #expect(escrow.spooled.count == 3)
        let would = try await escrow.cli("legal-hold", "end", "--study", samples[0].study, "--reason", "settled")
        #expect(would.output.contains("3 copies would not be on legal hold"), "\(would)")
        try await escrow.cli("legal-hold", "end", "--study", samples[0].study, "--reason", "settled", "--yes")
          .expectSuccess()
        try await escrow.purges(3)
      }
    }

    @Test func aDayIsReconciledAndRoomIsFound() async throws {
      try await withRouter { escrow, _, _, modality, samples in
        try await modality.store(samples)
        let day = try await escrow.cli("reconcile", "--peer", "ct1")
        #expect(day.code == 0 && day.output.contains("CT1"), "\(day)")
        let list = escrow.configuration + ".uids"
        try (samples.map(\.uid) + ["1.2.3 # not sent"]).joined(separator: "\n")
          .write(toFile: list, atomically: true, encoding: .utf8)
        let compared = try await escrow.cli("reconcile", "--list", list)
        #expect(compared.code == 1, "\(compared)")
        #expect(compared.output.contains("4 compared: 1 never came here; on record: 3 inTransit"), "\(compared)")
        #expect(compared.output.contains("missing  1.2.3\n"), "\(compared)")
        let space = try await escrow.cli("space")
        #expect(space.output.contains("Largest studies") && space.output.contains(samples[0].study), "\(space)")
        let queue = try await escrow.cli("queue", "ls", "--from", "CT1", "--proof", "commitment", "--older-than", "0s")
        #expect(queue.output.contains(samples[0].uid), "\(queue)")
        let none = try await escrow.cli("queue", "ls", "--route", "another")
        #expect(none.output.contains("nothing matches"), "\(none)")
      }
    }

    @Test func inMaintenanceNothingIsTaken() async throws {
      try await withRouter { escrow, _, _, modality, samples in
        let off = try await escrow.cli("maintenance")
        #expect(off.code == 0 && off.output.contains("not in maintenance"), "\(off)")
        try await escrow.cli("maintenance", "on", "--reason", "disk exchange").expectSuccess()
        let shown = try await escrow.cli("maintenance", "show")
        #expect(shown.code == 1 && shown.output.contains("via api: disk exchange"), "\(shown)")
        await #expect(throws: (any Error).self) { try await modality.store(samples) }
        #expect(escrow.spooled.isEmpty)
        try await escrow.cli("maintenance", "off").expectSuccess()
        try await modality.store(samples)
        #expect(escrow.spooled.count == 3)
      }
    }
  }
}
