import EscrowTesting
import Testing

extension Stories {
  /// The peers work together without Escrow, so that a failing story speaks of Escrow.
  @Suite struct PeersThemselves {
    @Test func orthancStoresWhatTheModalitySends() async throws {
      try await Stage.run { stage in
        let orthanc = try await Orthanc.start(on: stage, modalities: [:])
        let samples = try await Sample.make(.init(ct: 8, mr: 1, sr: 2, multiframe: 8, syntaxes: ["all"]), on: stage)
        let modality = try await Modality.start(on: stage, aeTitle: "CT1", port: orthanc.port, called: "ORTHANC")
        try await modality.store(samples)
        #expect(Set(try await orthanc.instances().keys) == Set(samples.map(\.uid)))
      }
    }

    @Test func archiveKeepsTheBytesThatDCMTKSends() async throws {
      try await Stage.run { stage in
        let archive = try await Archive.start(on: stage)
        let samples = try await Sample.make(.init(ct: 2, sr: 1), on: stage)
        let peer = DCMTK(port: archive.port, called: archive.aeTitle, calling: "CT1")
        #expect(try await peer.echoscu().code == 0)
        #expect(try await peer.storescu(files: samples.map(\.path)).code == 0)
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
      }
    }

    @Test func storescpReceives() async throws {
      try await Stage.run { stage in
        let receiver = try await DCMTK.storescp(on: stage)
        let samples = try await Sample.make(.init(ct: 8, syntaxes: ["all"]), on: stage)
        let peer = DCMTK(port: receiver.port, called: receiver.aeTitle, calling: "CT1")
        let result = try await peer.dcmsend(["--decompress-never"], files: samples.map(\.path))
        #expect(result.code == 0, "\(result)")
        #expect(receiver.files.count == samples.count)
      }
    }

    @Test func archiveThatIsDownRefusesAndComesBack() async throws {
      try await Stage.run { stage in
        let archive = try await Archive.start(on: stage, down: true)
        let peer = DCMTK(port: archive.port, called: archive.aeTitle, calling: "CT1")
        #expect(try await peer.echoscu().code != 0)
        try await archive.up()
        #expect(try await peer.echoscu().code == 0)
      }
    }

    @Test func webhookReceiverRefusesAWrongSignature() async throws {
      try await Stage.run { stage in
        let receiver = try await WebhookReceiver.start(on: stage)
        let response = try await HTTPClient(port: receiver.port).request("POST", "/escrow", body: ["type": "ping"])
        #expect(response.status == 200)
        let delivery = try #require(try await receiver.received().first)
        #expect(delivery.type == "ping" && !delivery.isVerified)
      }
    }

    @Test func processesEndWithTheirGroup() async throws {
      try await Stage.run { stage in
        let shell = try await stage.start(Command("sh", ["-c", "sleep 1000 & echo $!; wait"]), named: "shell")
        let grandchild: String = try await eventually("the shell has a child") {
          shell.logTail().split(separator: "\n").first.map(String.init)
        }
        #expect(await shell.kill() == .signal(9))
        try await eventually("the grandchild has ended") {
          try await Command("sh", ["-c", "grep -qs '^State:.[^Z]' /proc/\(grandchild)/status"]).run().code != 0
        }
      }
    }
  }
}
