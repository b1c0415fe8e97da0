import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// Destinations that take only one of the uncompressed transfer syntaxes get everything that is uncompressed, with
  /// the same values, whoever made it.
  @Suite struct Reencoding {
    private static let implicit = "1.2.840.10008.1.2"
    private static let explicit = "1.2.840.10008.1.2.1"
    private static let native = [implicit, explicit, "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"]

    /// pydicom's test files, converted by DCMTK to what they are stored in.
    @Test(arguments: zip(native, ["+ti", "+te", "+tb", "+td"]))
    func pydicomTestFiles(syntax: String, option: String) async throws {
      try await Stage.run { stage in
        let samples = try await convert(Sample.pydicomTestFiles(on: stage), option, on: stage)
        #expect(samples.count > 80)
        let storescp = try await DCMTK.storescp(on: stage, options: ["--implicit", "--bit-preserving"])
        let archive = try await Archive.start(on: stage)
        try await archive.set("storageSyntaxes", [.string(Self.explicit)])
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"), destination("dcmtk", storescp.aeTitle, port: storescp.port),
            destination("archive", archive.aeTitle, port: archive.port),
          ].joined(separator: "\n"),
          routes: everything(to: "to: dcmtk, proof: response", "to: archive, proof: response"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        let isTurned = syntax == "1.2.840.10008.1.2.2"
        for (folder, taken) in [("storescp", Self.implicit), ("archive", Self.explicit)] {
          let result = try await values(of: samples, in: folder, as: taken, on: stage)
          #expect(result["compared"].int == samples.count)
          #expect(result["swapped"].int == (isTurned ? samples.count : 0))
          #expect(result["differences"] == [:], "\(folder)")
        }
        for file in storescp.files { try await Command("dcmdump", ["--quiet", file]).check() }
        try await attemptsSay(syntax, of: samples, at: escrow)
      }
    }

    /// What pixel data in fragments cannot become fails, with its reason; the rest goes its way.
    @Test func compressedInstancesFailAndAreKept() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(
          .init(ct: 3, syntaxes: [Self.implicit, "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.99"]), on: stage)
        let receiver = try await DCMTK.storescp(on: stage, options: ["--implicit"])
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", receiver.aeTitle, port: receiver.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.has(1, deliveries: "failed")
        try await eventually("the other two are purged") { try await escrow.instances("purged") == 2 }
        let failed = try await escrow.api("deliveries?state=failed")["items"][0]["delivery"]
        #expect(failed["reason"].string == "transferSyntaxNotAccepted")
        #expect(failed["lastError"].string == "stored as RLE Lossless; offered RLE Lossless, refused with result 4")
        let queue = try await escrow.cli("queue", "ls")
        #expect(queue.output.contains("transferSyntaxNotAccepted"), "\(queue)")
        #expect(escrow.spooled.count == 1)
      }
    }

    /// Orthanc that is told to take Implicit VR only.
    @Test func orthanc() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 4, mr: 4, sr: 4, multiframe: 4, syntaxes: Self.native), on: stage)
        let port = try stage.ports.next()
        let orthanc = try await Orthanc.start(
          on: stage, modalities: ["escrow": .init(aeTitle: "ESCROW", port: port)], transferSyntaxes: [Self.implicit])
        let escrow = try await EscrowProcess.start(
          on: stage, port: port,
          peers: [sender("ct1", "CT1"), destination("orthanc", "ORTHANC", port: orthanc.port)].joined(separator: "\n"),
          routes: everything(to: "to: orthanc, proof: commitment"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        let folder = try stage.directory.makeFolder("downloaded")
        for (uid, id) in try await orthanc.instances() { try await orthanc.download(id, to: "\(folder)/\(uid).dcm") }
        let result = try await values(of: samples, in: "downloaded", as: Self.implicit, on: stage)
        #expect(result["compared"].int == samples.count && result["differences"] == [:], "\(result)")
      }
    }

    /// Those of `samples` that DCMTK can write with `option`, in files of their own.
    private func convert(_ samples: [Sample], _ option: String, on stage: Stage) async throws -> [Sample] {
      let folder = try stage.directory.makeFolder("converted")
      var converted: [Sample] = []
      // Some are bits of data sets, without UIDs.
      let usable = samples.filter { Self.native.contains($0.transferSyntax) && !$0.study.isEmpty }
      for var sample in usable {
        let path = "\(folder)/\(URL(filePath: sample.path).lastPathComponent)"
        try await Command("dcmconv", [option, sample.path, path]).check()
        sample.path = path
        converted.append(sample)
      }
      return converted
    }

    private func values(
      of samples: [Sample], in folder: String, as syntax: String, on stage: Stage
    ) async throws -> JSON {
      let list = try stage.directory.write(samples.map(\.path).joined(separator: "\n"), to: "\(folder).list")
      let arguments = [Repository.peer("values.py"), syntax, stage.directory.appending(folder), list]
      return try await Command(Repository.python, arguments).check().json()
    }

    /// The trace says in what each instance went out.
    private func attemptsSay(_ stored: String, of samples: [Sample], at escrow: EscrowProcess) async throws {
      let attempts = try await escrow.api("trace/\(samples[0].uid)")["attempts"].items
      let taken = attempts.compactMap { $0["transferSyntax"].string }.sorted()
      #expect(taken == [Self.implicit, Self.explicit])
    }
  }
}
