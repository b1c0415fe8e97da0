import EscrowTesting
import Testing

extension Stories {
  /// DCMTK's programs find in Escrow the peer they know.
  @Suite struct DCMTKBasics {
    @Test func echoIsAnsweredToPeersOnly() async throws {
      try await Stage.run { stage in
        let escrow = try await EscrowProcess.start(on: stage, peers: sender("ct1", "CT1"), routes: [:])
        let known = try await escrow.dcmtk(calling: "CT1").echoscu()
        #expect(known.code == 0, "\(known)")
        let unknown = try await escrow.dcmtk(calling: "NOBODY").echoscu()
        #expect(unknown.code != 0, "\(unknown)")
        #expect(unknown.errors.contains("Rejected"))
      }
    }

    @Test func strangersMayEchoWhereTheConfigurationSaysSo() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1), on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage, peers: sender("ct1", "CT1"), routes: [:], more: "unknownPeers: { allow: [echo] }")
        let stranger = escrow.dcmtk(calling: "NOBODY")
        #expect(try await stranger.echoscu().code == 0)
        #expect(try await stranger.storescu(files: samples.map(\.path)).code != 0)
        #expect(escrow.spooled.isEmpty)
      }
    }

    @Test(arguments: [[], ["--repeat", "5"], ["--max-pdu", "4096"], ["--max-pdu", "131072"], ["--abort"]])
    func echoscu(options: [String]) async throws {
      try await Stage.run { stage in
        let escrow = try await EscrowProcess.start(on: stage, peers: sender("ct1", "CT1"), routes: [:])
        let result = try await escrow.dcmtk(calling: "CT1").echoscu(options)
        #expect(result.code == 0, "\(result)")
      }
    }

    @Test(arguments: [
      [], ["--max-pdu", "4096"], ["--max-pdu", "131072"], ["--max-send-pdu", "4096"], ["--max-send-pdu", "131072"],
      ["--propose-implicit"], ["--propose-little"], ["--propose-big"], ["--required"], ["--required", "--combine"],
      ["--abort"],
    ])
    func storescu(options: [String]) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3, mr: 2, sr: 1, size: 256), on: stage)
        let escrow = try await EscrowProcess.start(on: stage, peers: sender("ct1", "CT1"), routes: [:])
        let result = try await escrow.dcmtk(calling: "CT1").storescu(options, files: samples.map(\.path))
        #expect(result.code == 0, "\(result)")
        #expect(try await escrow.instances("held") == samples.count)
        #expect(escrow.spooled.count == samples.count)
        for file in escrow.spooled { try await Command("dcmdump", ["--quiet", file]).check() }
      }
    }

    @Test func dcmsendOfManyTransferSyntaxes() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 8, mr: 8, sr: 4, multiframe: 8, syntaxes: ["all"]), on: stage)
        let escrow = try await EscrowProcess.start(on: stage, peers: sender("ct1", "CT1"), routes: [:])
        let result = try await escrow.dcmtk(calling: "CT1")
          .dcmsend(["--decompress-never"], files: samples.map(\.path))
        #expect(result.code == 0, "\(result)")
        #expect(try await escrow.instances("held") == samples.count)
      }
    }
  }
}
