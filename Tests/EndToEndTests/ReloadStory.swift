import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// The configuration changes while the router works.
  @Suite struct Reloading {
    private func start(
      _ stage: Stage, _ archive: Archive, routes: [String: String] = [:], webhooks: String = ""
    ) async throws -> EscrowProcess {
      let escrow = try await EscrowProcess.start(
        on: stage, peers: peers([archive]), routes: routes, more: webhooks)
      try await archive.report(to: escrow.port)
      return escrow
    }

    private func peers(_ archives: [Archive]) -> String {
      ([sender("ct1", "CT1")] + archives.map { destination($0.aeTitle.lowercased(), $0.aeTitle, port: $0.port) })
        .joined(separator: "\n")
    }

    @Test func aRouteFileThatComesIsUsedForTheNextInstance() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await start(stage, archive)
        let modality = try await Modality.start(on: stage, to: escrow)
        try await modality.store([samples[0]])
        #expect(try await escrow.instances("held") == 1)
        try escrow.write(route: "ct", route(match: "{ Modality: CT }", to: ["to: archive, proof: commitment"]))
        try await eventually("the file is found") { try await escrow.api("routes")["items"].items.count == 1 }
        try await modality.store([samples[1]])
        try await eventually("the second is purged") { try await escrow.instances("purged") == 1 }
        #expect(try await escrow.instances("held") == 1, "what is held stays held")
        try await escrow.cli("queue", "reroute", "--yes").expectSuccess()
        try await escrow.purges(2)
        #expect(Set(try await archive.stored().keys) == Set(samples.prefix(2).map(\.uid)))
      }
    }

    @Test func aFileThatIsWrongChangesNothingAndIsTold() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await start(
          stage, archive, routes: everything(to: "to: archive, proof: commitment"))
        try escrow.write(
          route: "more", "match: { Modality: CT }\nsend:\n  - { to: archiv, proof: commitment }\npurge: never")
        try await eventually("an alarm") { try await escrow.alarms() == ["reload.failed"] }
        let status = try await escrow.cli("status")
        #expect(status.code == 1 && status.output.contains("more.yaml:3:"), "\(status)")
        let reload = try await escrow.cli("reload")
        #expect(
          reload.code == 2 && reload.errors.contains("more.yaml:3:11: error: there is no peer `archiv`"), "\(reload)")
        #expect(escrow.log.contains("more.yaml:3:11: error"))
        try await Modality.start(on: stage, to: escrow).store([samples[0]])
        try await escrow.purges(1)
        // Mended, and asked for before anybody looks at the folder.
        try escrow.write(route: "more", route(match: "{ Modality: MR }", to: ["to: archive, proof: response"]))
        let mended = try await escrow.cli("reload")
        #expect(mended.code == 0 && mended.output.contains("in force: 2 routes, 2 peers"), "\(mended)")
        #expect(try await escrow.alarms().isEmpty)
      }
    }

    @Test func theQueueOfADestinationThatIsTakenAwayWaitsForIt() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let archive = try await Archive.start(on: stage)
        let research = try await Archive.start(on: stage, aeTitle: "RESEARCH", down: true)
        let both = everything(to: "to: archive, proof: commitment", "to: research, proof: response")
        let escrow = try await EscrowProcess.start(on: stage, peers: peers([archive, research]), routes: both)
        try await archive.report(to: escrow.port)
        let text = try String(contentsOfFile: escrow.configuration, encoding: .utf8)
        let modality = try await Modality.start(on: stage, to: escrow)
        try await modality.store([samples[0], samples[1]])
        try await escrow.has(2, deliveries: "delivered")

        let without = text.split(separator: "\n").filter { !$0.contains("research:") }.joined(separator: "\n")
        try Data(without.utf8).write(to: URL(filePath: escrow.configuration))
        try escrow.write(route: "everything", everything(to: "to: archive, proof: commitment")["everything"] ?? "")
        try await escrow.cli("reload").expectSuccess()
        #expect(try await escrow.alarms().contains("destination.missing"))
        let status = try await escrow.cli("status")
        #expect(status.output.contains("2 deliveries wait for research"), "\(status)")
        #expect(try await escrow.api("status")["destinations"]["research"]["health"] == "missing")
        let queue = try await escrow.cli("queue", "ls", "--to", "research")
        #expect(queue.output.contains("no peer with host and port any more"), "\(queue)")
        // Others go on.
        try await modality.store([samples[2]])
        try await eventually("the third is purged") { try await escrow.instances("purged") == 1 }

        try await research.up()
        try Data(text.utf8).write(to: URL(filePath: escrow.configuration))
        escrow.signal(SIGHUP)
        try await eventually("research has both") { try await research.stored().count == 2 }
        try await escrow.purges(3)
        #expect(try await escrow.alarms().isEmpty)
      }
    }

    @Test func aHangupReadsWebhooksAndTheLogLevelToo() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await start(stage, archive, routes: everything(to: "to: archive, proof: commitment"))
        let receiver = try await WebhookReceiver.start(on: stage)
        let text = try String(contentsOfFile: escrow.configuration, encoding: .utf8)
        let more = try text + "\n" + webhooks(to: receiver, on: stage) + "\nlog: { level: debug }\n"
        try Data(more.utf8).write(to: URL(filePath: escrow.configuration))
        escrow.signal(SIGHUP)
        try await eventually("it is read") { escrow.log.contains("configuration read again") }
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(1)
        try await eventually("the receiver is told") {
          try await receiver.received().contains { $0.type == "study.purged" }
        }
        #expect(escrow.log.contains(" debug "))
      }
    }

    @Test func whatNeedsARestartIsSaid() async throws {
      try await Stage.run { stage in
        let archive = try await Archive.start(on: stage)
        let escrow = try await start(stage, archive)
        let text = try String(contentsOfFile: escrow.configuration, encoding: .utf8)
        let moved = text.replacingOccurrences(of: "port: \(escrow.port) }", with: "port: \(try stage.ports.next()) }")
        try Data(moved.utf8).write(to: URL(filePath: escrow.configuration))
        let reload = try await escrow.cli("reload", "--json").expectSuccess().json()
        #expect(reload["restartNeeded"].items.map(\.string) == ["dicom.port"])
        #expect(try await escrow.dcmtk(calling: "CT1").echoscu().code == 0, "it listens where it did")
      }
    }

    @Test func killsDuringReloadsHarmNothing() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 12), on: stage)
        let archive = try await Archive.start(on: stage, down: true)
        let escrow = try await start(stage, archive, routes: everything(to: "to: archive, proof: commitment"))
        for (number, sample) in samples.enumerated() {
          try await Modality.start(on: stage, to: escrow).store([sample])
          for _ in 0..<3 { escrow.signal(SIGHUP) }
          try await Task.sleep(for: .milliseconds(number * 3))
          await escrow.kill()
          try await escrow.start()
        }
        try await archive.up()
        try await escrow.purges(samples.count)
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
        #expect(try await escrow.alarms().isEmpty)
      }
    }
  }
}
