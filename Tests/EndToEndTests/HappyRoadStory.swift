import EscrowTesting
import Testing

extension Stories {
  /// A study comes in, goes to Orthanc, is committed and purged.
  @Suite struct HappyRoad {
    @Test func everythingIsCommittedAndPurged() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 8, mr: 8, sr: 4, multiframe: 8, syntaxes: ["all"]), on: stage)
        let (escrow, orthanc) = try await startWithOrthanc(on: stage)
        try await Modality.start(on: stage, to: escrow).store(samples)

        try await escrow.purges(samples.count)
        #expect(Set(try await orthanc.instances().keys) == Set(samples.map(\.uid)))
        for sample in samples.prefix(3) { try await expectTrace(of: sample.uid, in: escrow) }
        let study = try await escrow.api("trace/\(samples[0].study)")
        #expect(study["instances"].items.count == samples.count)
        #expect(try await escrow.alarms() == [])
      }
    }

    @Test func pydicomsTestFilesArriveAsIfSentDirectly() async throws {
      try await Stage.run { stage in
        let files = try await Sample.pydicomTestFiles(on: stage)
        let direct = try await Orthanc.start(on: stage, aeTitle: "DIRECT", modalities: [:])
        let answers = try await Modality.start(on: stage, aeTitle: "CT1", port: direct.port, called: "DIRECT")
          .send(files, separately: true)
        let accepted = files.filter { answers[$0.uid] == 0 }
        try #require(accepted.count > 50)

        let (escrow, orthanc) = try await startWithOrthanc(on: stage)
        let through = try await Modality.start(on: stage, to: escrow).send(accepted, separately: true)
        #expect(through.filter { $0.value != 0 }.isEmpty)
        try await escrow.purges(accepted.count)

        let expected = try await download(direct, to: "direct", on: stage)
        let arrived = try await download(orthanc, to: "through", on: stage)
        let comparison = Command(Repository.python, [Repository.peer("compare.py"), expected, arrived])
        #expect(try await comparison.check().json() == [:])
      }
    }

    private func startWithOrthanc(on stage: Stage) async throws -> (EscrowProcess, Orthanc) {
      let port = try stage.ports.next()
      let orthanc = try await Orthanc.start(on: stage, modalities: ["escrow": .init(aeTitle: "ESCROW", port: port)])
      let escrow = try await EscrowProcess.start(
        on: stage, port: port,
        peers: [sender("ct1", "CT1"), destination("orthanc", "ORTHANC", port: orthanc.port)].joined(separator: "\n"),
        routes: everything(to: "to: orthanc, proof: commitment"))
      return (escrow, orthanc)
    }

    /// The record outlives the copy: who sent, where it went, who committed in which transaction.
    private func expectTrace(of uid: String, in escrow: EscrowProcess) async throws {
      let trace = try await escrow.api("trace/\(uid)")
      #expect(trace["instances"][0]["state"] == "purged")
      #expect(trace["instances"][0]["callingAE"] == "CT1")
      #expect(trace["deliveries"][0]["to"] == "orthanc")
      #expect(trace["deliveries"][0]["state"] == "delivered")
      #expect(trace["attempts"].items.count == 1)
      #expect(trace["transactions"].items.count == 1)
      #expect(trace["transactions"][0]["uid"] == trace["deliveries"][0]["transactionUID"])
    }

    /// All files of an Orthanc, named after their SOP Instance UIDs.
    private func download(_ orthanc: Orthanc, to name: String, on stage: Stage) async throws -> String {
      let folder = try stage.directory.makeFolder(name)
      for (uid, id) in try await orthanc.instances() { try await orthanc.download(id, to: "\(folder)/\(uid).dcm") }
      return folder
    }
  }
}
