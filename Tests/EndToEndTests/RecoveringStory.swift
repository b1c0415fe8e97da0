import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// What an administrator does when the ledger is lost.
  @Suite struct Recovering {
    private func escrow(on stage: Stage, _ archive: Archive) throws -> EscrowProcess {
      try EscrowProcess(
        on: stage,
        peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
          .joined(separator: "\n"),
        routes: everything(to: "to: archive, proof: commitment"))
    }

    /// A router with an archive that is up or not, and a modality.
    private func run(
      archiveDown: Bool, ct: Int,
      _ body: (Stage, EscrowProcess, Archive, Modality, [Sample]) async throws -> Void
    ) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: ct), on: stage)
        let archive = try await Archive.start(on: stage, down: archiveDown)
        let escrow = try escrow(on: stage, archive)
        try await escrow.start()
        try await archive.report(to: escrow.port)
        let modality = try await Modality.start(on: stage, to: escrow)
        try await body(stage, escrow, archive, modality, samples)
      }
    }

    @Test func theSpoolAloneMakesTheLedgerAnew() async throws {
      try await run(archiveDown: true, ct: 5) { stage, escrow, archive, modality, samples in
        try await modality.store(samples)
        let broken = escrow.spooled[0]
        await escrow.kill()
        truncate(broken, 700)
        for suffix in ["", "-wal", "-shm"] {
          try? FileManager.default.removeItem(atPath: stage.directory.appending("escrow.db" + suffix))
        }

        let preview = try await escrow.alone("rebuild", "--json")
        #expect(preview.code == 1, "one file cannot be used: \(preview)")
        #expect(try preview.json()["instances"] == 4)
        #expect(!FileManager.default.fileExists(atPath: stage.directory.appending("escrow.db")))
        let done = try await escrow.alone("rebuild", "--yes")
        #expect(done.code == 1 && done.output.contains("unusable"), "\(done)")
        #expect(FileManager.default.fileExists(atPath: broken), "no file is removed")

        try await escrow.start()
        #expect(try await escrow.alarms().contains("ledger.replaced"))
        try await archive.up()
        try await escrow.has(4, deliveries: "delivered")
        #expect(try await archive.stored().count == 4)
        // Nothing goes before somebody confirms.
        try await eventually("settled") { try await escrow.instances("settled") == 4 }
        let kept = try await escrow.api("instances?state=settled")["items"][0]
        #expect(kept["reason"].string?.contains("made anew from its file") == true, "\(kept)")
        #expect(try await escrow.instances("purged") == 0)
        #expect(escrow.spooled.count == 4)
        let unsure = try await escrow.cli("queue", "confirm", "--state", "settled", "--reason", "compared")
        #expect(unsure.output.contains("4 instances match; 4 would be confirmed"), "\(unsure)")
        let sure = try await escrow.cli(
          "queue", "confirm", "--state", "settled", "--reason", "compared", "--yes", "--expect", "4")
        #expect(sure.output.contains("4 of 4 instances confirmed"), "\(sure)")
        try await escrow.purges(4)
        #expect(try await escrow.alarms().isEmpty)
      }
    }

    @Test func aRebuildThatIsRepeatedKeepsEveryLedgerItReplaces() async throws {
      try await run(archiveDown: true, ct: 2) { stage, escrow, _, modality, samples in
        try await modality.store(samples)
        #expect(await escrow.stop() == .code(0))
        // As one that was killed in the middle leaves it.
        try stage.directory.write("half", to: "escrow.db.rebuilding")
        let done = try await escrow.alone("rebuild", "--yes", "--json")
        #expect(done.code == 0, "\(done)")
        let report = try done.json()
        #expect(report["instances"] == 2 && report["held"] == 0)
        #expect(report["lost"].string?.contains("2 inTransit") == true, "\(report)")
        let kept = try #require(report["keptLedger"].string)
        #expect(FileManager.default.fileExists(atPath: kept))
        try await escrow.start()
        #expect(try await escrow.instances("inTransit") == 2)
      }
    }

    @Test func aBackupOfARunningServerIsPutBackAndNothingIsLost() async throws {
      try await run(archiveDown: true, ct: 6) { stage, escrow, archive, modality, samples in
        let backup = stage.directory.appending("backups/first")
        try await modality.store(Array(samples[0..<3]))
        let made = try await escrow.alone("backup", backup, "--json")
        #expect(made.code == 0, "\(made)")
        #expect(try made.json()["manifest"]["instances"]["inTransit"] == 3)
        let again = try await escrow.alone("backup", backup)
        #expect(again.code == 1 && again.errors.contains("not empty"), "\(again)")

        // What happens after the backup: its instances are purged, others arrive and wait.
        try await archive.up()
        try await escrow.purges(3)
        try await archive.down()
        try await modality.store(Array(samples[3..<6]))
        let running = try await escrow.alone("restore", backup, "--replace", "--yes")
        #expect(running.code == 1 && running.errors.contains("in use"), "\(running)")
        await escrow.kill()

        let refused = try await escrow.alone("restore", backup)
        #expect(refused.code == 1 && refused.errors.contains("--replace"), "\(refused)")
        let done = try await escrow.alone("restore", backup, "--replace", "--yes")
        #expect(done.code == 0, "\(done)")
        try await escrow.start()

        // The purged ones waited when the backup was made: told honestly. The later ones are taken in again.
        #expect(try await escrow.instances("damaged") == 3)
        #expect(try await escrow.instances("inTransit") == 3)
        #expect(try await escrow.alarms().isSuperset(of: ["ledger.replaced", "instance.damaged"]))
        let lost = try await escrow.instance(samples[0].uid)
        #expect(lost["reason"].string?.contains("from a backup of") == true, "\(lost)")
        try await archive.up()
        try await eventually("all of the later ones are delivered") {
          try await Set(archive.stored().keys) == Set(samples.map(\.uid))
        }
      }
    }

    @Test func aBackupWithFilesBringsEverythingBack() async throws {
      try await run(archiveDown: true, ct: 4) { stage, escrow, archive, modality, samples in
        let backup = stage.directory.appending("backup")
        try await modality.store(samples)
        #expect(await escrow.stop() == .code(0))
        let made = try await escrow.alone("backup", backup, "--files")
        #expect(made.code == 0 && made.output.contains("4"), "\(made)")
        for name in ["spool", "escrow.db"] {
          try FileManager.default.removeItem(atPath: stage.directory.appending(name))
        }
        let done = try await escrow.alone("restore", backup, "--yes", "--json")
        #expect(done.code == 0, "\(done)")
        #expect(try done.json()["files"] == 4)
        try await escrow.start()
        try await archive.up()
        try await escrow.has(4, deliveries: "delivered")
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
        // What the backup calls safe stays until somebody confirms.
        #expect(try await escrow.instances("purged") == 0)
      }
    }

    @Test func aBackupThatWasChangedIsRefused() async throws {
      try await run(archiveDown: true, ct: 1) { stage, escrow, _, modality, samples in
        let backup = stage.directory.appending("backup")
        try await modality.store(samples)
        try await escrow.alone("backup", backup).expectSuccess()
        #expect(await escrow.stop() == .code(0))
        let ledger = URL(fileURLWithPath: backup + "/escrow.db")
        var bytes = try Data(contentsOf: ledger)
        bytes[bytes.count - 5] ^= 1
        try bytes.write(to: ledger)
        let changed = try await escrow.alone("restore", backup, "--replace", "--yes")
        #expect(changed.code == 1 && changed.errors.contains("is not what was backed up"), "\(changed)")
        try FileManager.default.removeItem(atPath: backup + "/manifest.json")
        let incomplete = try await escrow.alone("restore", backup, "--replace", "--yes")
        #expect(incomplete.code == 1 && incomplete.errors.contains("no complete backup"), "\(incomplete)")
        try await escrow.start()
        #expect(try await escrow.instances("inTransit") == 1)
      }
    }
  }
}
