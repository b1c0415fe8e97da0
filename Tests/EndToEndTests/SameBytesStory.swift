import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// What arrives through Escrow is byte for byte what arrives directly, in every transfer syntax.
  @Suite struct SameBytes {
    private static let order = Sample.Order(ct: 8, mr: 8, sr: 4, multiframe: 8, syntaxes: ["all"])

    @Test func atAnArchive() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(Self.order, on: stage)
        let direct = try await Archive.start(on: stage, aeTitle: "DIRECT")
        try await Modality.start(on: stage, aeTitle: "CT1", port: direct.port, called: "DIRECT").store(samples)

        let archive = try await Archive.start(on: stage)
        let escrow = try await relay(to: archive.aeTitle, archive.port, on: stage)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        let (expected, arrived) = (try await direct.stored(), try await archive.stored())
        for sample in samples {
          #expect(arrived[sample.uid] == expected[sample.uid], "\(sample.modality) \(sample.transferSyntax)")
        }
      }
    }

    @Test func atStorescp() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(Self.order, on: stage)
        let direct = try await DCMTK.storescp(on: stage, aeTitle: "DIRECT")
        let files = samples.map(\.path)
        let sent = try await DCMTK(port: direct.port, called: "DIRECT", calling: "CT1")
          .dcmsend(["--decompress-never"], files: files)
        try #require(sent.code == 0, "\(sent)")

        let receiver = try await DCMTK.storescp(on: stage)
        let escrow = try await relay(to: receiver.aeTitle, receiver.port, on: stage)
        let relayed = try await escrow.dcmtk(calling: "CT1").dcmsend(["--decompress-never"], files: files)
        try #require(relayed.code == 0, "\(relayed)")
        try await escrow.purges(samples.count)
        #expect(try dataSets(of: receiver.files) == dataSets(of: direct.files))
      }
    }

    @Test(arguments: [4096, 16384, 131_072])
    func whateverTheMaximumLength(maximumLength: Int) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2, size: 512), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await relay(to: archive.aeTitle, archive.port, on: stage)
        let modality = try await Modality.start(
          on: stage, aeTitle: "CT1", port: escrow.port, maximumLength: maximumLength)
        let direct = try await Archive.start(on: stage, aeTitle: "DIRECT")
        try await Modality.start(on: stage, aeTitle: "CT1", port: direct.port, called: "DIRECT").store(samples)
        try await modality.store(samples)
        try await escrow.purges(samples.count)
        #expect(try await archive.stored() == direct.stored())
      }
    }

    private func relay(to aeTitle: String, _ port: Int, on stage: Stage) async throws -> EscrowProcess {
      try await EscrowProcess.start(
        on: stage,
        peers: [sender("ct1", "CT1"), destination("archive", aeTitle, port: port)].joined(separator: "\n"),
        routes: everything(to: "to: archive, proof: response"))
    }

    /// The data sets of Part 10 files by file name; the meta information names the sender, so it may differ.
    private func dataSets(of files: [String]) throws -> [String: Data] {
      var result: [String: Data] = [:]
      for file in files {
        let data = try Data(contentsOf: URL(filePath: file))
        // PS3.10 §7.1: preamble, DICM, then (0002,0000) UL 4 with the length of the rest of the group.
        let length = data[140..<144].reversed().reduce(0) { $0 << 8 | Int($1) }
        result[URL(filePath: file).lastPathComponent] = Data(data.dropFirst(144 + length))
      }
      return result
    }
  }
}
