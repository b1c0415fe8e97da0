import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// File systems that fill up, break and come back under the running server.
  @Suite(.enabled(if: SmallDisk.isPossible, "file systems cannot be mounted here: \(SmallDisk.whyNot ?? "")"))
  struct FullDisk {
    /// Escrow with its spool on one and its ledger on another small disk, an archive and a modality.
    private struct Scene {
      let archive: Archive
      let escrow: EscrowProcess
      let modality: Modality

      static func set(
        on stage: Stage, spool: String = "{ path: spool/data, lowWatermark: 20%, stopWatermark: 10% }",
        ledger: String = "{ path: ledger/escrow.db }", retention: String = "0s"
      ) async throws -> Scene {
        let archive = try await Archive.start(on: stage)
        let escrow = try EscrowProcess(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            destination(
              "archive", archive.aeTitle, port: archive.port, commitment: "quiet: 1s, maxWait: 2s, askAgain: [5s]"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment", purge: retention), spool: spool, ledger: ledger)
        try await archive.report(to: escrow.port)
        try await escrow.start()
        return Scene(
          archive: archive, escrow: escrow, modality: try await Modality.start(on: stage, to: escrow))
      }

      func isFull() async throws -> Bool { try await readiness() != nil }

      /// What is wrong with the disks, as whoever watches the process is told; nil when nothing is.
      func readiness() async throws -> String? {
        let response = try await escrow.http.request("GET", "/health/ready")
        let disk = try JSON(parsing: response.body)["checks"]["disk"].string
        return disk == "ok" ? nil : disk
      }

      /// Everything that was acknowledged is at the archive, committed, and gone from here.
      func expectArrived(_ acknowledged: Set<String>) async throws {
        try await eventually("everything acknowledged is purged") {
          let instances = try await escrow.api("status")["instances"].members
          return instances.allSatisfy { $0.key == "purged" || $0.value == 0 } && escrow.spooled.isEmpty
        }
        #expect(acknowledged.subtracting(try await archive.stored().keys) == [])
      }
    }

    private static func acknowledged(_ statuses: [String: Int?]) -> Set<String> {
      Set(statuses.filter { $0.value == 0 }.keys)
    }

    @Test(arguments: ["spool", "ledger"]) func aDiskIsFilledToItsLastByteAndRelieved(which: String) async throws {
      try await Stage.run { stage in
        let disks = [
          "spool": try await SmallDisk.mount(.ext4(megabytes: 48), at: "spool", on: stage),
          "ledger": try await SmallDisk.mount(.ext4(megabytes: 48), at: "ledger", on: stage),
        ]
        let samples = try await Sample.make(.init(ct: 30), on: stage)
        let scene = try await Scene.set(on: stage)
        try await scene.archive.down()
        var acknowledged = Self.acknowledged(try await scene.modality.send(Array(samples[..<10])))
        #expect(acknowledged.count == 10)
        try await eventually("low ballast kept") { stage.directory.files(in: which, suffix: "ballast").count == 1 }

        try disks[which]?.fill()
        try await eventually("storage is refused") {
          acknowledged.formUnion(Self.acknowledged(try await scene.modality.send(Array(samples[10..<20]))))
          return try await scene.isFull()
        }
        #expect(try await scene.readiness()?.contains("\(which): ") == true)
        #expect(try await scene.modality.echo() == "answered")
        let refused = try await scene.modality.send(Array(samples[20...]))
        #expect(refused.allSatisfy { $0.value != 0 })
        try await eventually("an alarm") { try await scene.escrow.alarms().contains("storage.full") }
        let status = try await scene.escrow.cli("status")
        #expect(status.code == 1 && status.output.contains("full: \(which)"))

        // Sending, reports and purging go on, on a disk without a free byte.
        try await scene.archive.up()
        try await scene.expectArrived(acknowledged)

        try disks[which]?.relieve()
        try await eventually("storage is taken again") { try await !scene.isFull() }
        acknowledged.formUnion(Self.acknowledged(try await scene.modality.send(samples)))
        #expect(acknowledged.isSuperset(of: samples.map(\.uid)))
        try await scene.expectArrived(acknowledged)
        try await eventually("no alarm") { try await !scene.escrow.alarms().contains("storage.full") }
        try await eventually("the ballast is back") {
          stage.directory.files(in: which, suffix: "ballast").count == 1
        }
        #expect(await scene.escrow.stop() == .code(0))
      }
    }

    @Test func inodesRunOut() async throws {
      try await Stage.run { stage in
        let disk = try await SmallDisk.mount(.memory(megabytes: 64, inodes: 400), at: "spool", on: stage)
        let samples = try await Sample.make(.init(ct: 12), on: stage)
        let scene = try await Scene.set(on: stage, ledger: "{ path: escrow.db }")
        try await scene.modality.store(Array(samples[..<6]))
        try await scene.expectArrived(Set(samples[..<6].map(\.uid)))
        try disk.fillInodes()
        let refused = try await scene.modality.send(Array(samples[6...]), separately: true)
        #expect(refused.allSatisfy { $0.value != 0 })
        // The first that was refused told the watch: nobody waits for its next look.
        #expect(try await scene.readiness()?.contains("inodes are free") == true)
        try disk.relieve()
        try await eventually("storage is taken again") { try await !scene.isFull() }
        try await scene.modality.store(samples)
        try await scene.expectArrived(Set(samples.map(\.uid)))
      }
    }

    @Test func aFullDiskIsToldAtOnceAndAStartOnItDeletes() async throws {
      try await Stage.run { stage in
        let disk = try await SmallDisk.mount(.ext4(megabytes: 64), at: "spool", on: stage)
        let samples = try await Sample.make(.init(ct: 20), on: stage)
        // Spool and ledger share the disk.
        let scene = try await Scene.set(on: stage, ledger: "{ path: spool/escrow.db }")
        try await scene.archive.down()
        try await scene.modality.store(Array(samples[..<10]))
        try disk.fill()
        #expect(try await scene.modality.send([samples[10]])[samples[10].uid] == 0xA700)
        #expect(try await scene.readiness()?.contains("spool and ledger: ") == true)
        await scene.escrow.kill()
        try disk.fill()
        // It is not ready, but it runs: what it has can leave, and that makes room.
        try await scene.escrow.launch()
        try await eventually("it answers") { try await scene.isFull() }
        try await scene.archive.up()
        try await scene.expectArrived(Set(samples[..<10].map(\.uid)))
        try disk.relieve()
        try await eventually("storage is taken again") { try await !scene.isFull() }
        try await scene.modality.store(samples)
        try await scene.expectArrived(Set(samples.map(\.uid)))
      }
    }

    @Test func theFirstStartOnAFullDiskSaysWhereAndWhatToDo() async throws {
      try await Stage.run { stage in
        let disk = try await SmallDisk.mount(.ext4(megabytes: 16), at: "spool", on: stage)
        try disk.fill()
        let escrow = try EscrowProcess(
          on: stage, peers: sender("ct1", "CT1"), routes: [:], spool: "{ path: spool/data }",
          ledger: "{ path: spool/escrow.db }")
        let refusal = try await escrow.alone("serve")
        #expect(refusal.code == 1)
        #expect(refusal.errors.contains("free") && refusal.errors.contains(stage.directory.appending("spool")))
        try disk.relieve()
        try await escrow.start()
      }
    }

    @Test func aDiskThatBreaksIsReadOnlyUntilItIsRepaired() async throws {
      try await Stage.run { stage in
        let disk = try await SmallDisk.mount(.ext4(megabytes: 64), at: "spool", on: stage)
        let samples = try await Sample.make(.init(ct: 12), on: stage)
        let scene = try await Scene.set(on: stage, ledger: "{ path: escrow.db }")
        try await scene.archive.down()
        try await scene.modality.store(Array(samples[..<8]))
        try disk.breakDown()
        let refused = try await scene.modality.send(Array(samples[8...]))
        #expect(refused.allSatisfy { $0.value != 0 })
        #expect(try await scene.readiness()?.contains("Read-only file system") == true)
        // What is there can still be read and sent, and is kept as long as it cannot be removed.
        try await scene.archive.up()
        try await eventually("everything is at the archive") {
          try await scene.archive.stored().count == 8
        }
        try await scene.escrow.has(8, deliveries: "delivered")
        #expect(await scene.escrow.stop() == .code(0))
        let refusal = try await scene.escrow.alone("serve")
        #expect(refusal.code == 1 && refusal.errors.contains("read-only") || refusal.errors.contains("Read-only"))
        try await disk.repair(on: stage)
        try await scene.escrow.start()
        try await scene.modality.store(samples)
        try await scene.expectArrived(Set(samples.map(\.uid)))
      }
    }
  }
}
