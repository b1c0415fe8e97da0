import DICOM
import DICOMProtocol
import EscrowCore
import EscrowEngine
import EscrowTesting
import NIOCore
import Testing

/// Nothing is taken in, all else goes on.
@Suite struct MaintenanceTests {
  private static func upload(_ sample: SampleInstance) -> AsyncStream<ByteBuffer> {
    AsyncStream { continuation in
      continuation.yield(ByteBuffer(bytes: sample.file()))
      continuation.finish()
    }
  }

  @Test func nothingIsTakenInAndWhatIsHereGoesOn() async throws {
    try await CommitmentScene.run { scene in
      let context = scene.engine.context
      try await scene.store()
      let request = try await scene.request(1)
      let maintenance = Maintenance(context: context)
      #expect(try await maintenance.begin(actor: "admin", reason: "disk exchange"))
      #expect(try await !maintenance.begin(actor: "admin", reason: "again"))
      let sample = SampleInstance(seed: 91)
      let scanner = try await scene.engine.associate(toStore: sample).peer
      let command = CommandSet.storeRequest(sop: sample.sop, messageID: 7)
      try await scanner.send(command, dataSet: sample.dataSet, on: 3)
      let answer = try await scanner.nextCommand()
      #expect(answer.statusCode?.rawValue == 0xA700 && answer.errorComment == "in maintenance")
      try await scanner.send(.echoRequest(messageID: 8), on: 1)
      #expect(try await scanner.nextCommand().statusCode == .success)
      await #expect(throws: SubmissionError.maintenance("no intake, by admin: disk exchange")) {
        try await Submission(context: context).take(Self.upload(sample))
      }
      #expect(try await scene.report(request, committed: request.references) == .success)
      #expect(try await scene.delivery().state == .delivered)
      #expect(try await scene.alarms() == [.maintenance])
      #expect(try await maintenance.end(actor: "admin", reason: nil))
      #expect(try await !maintenance.end(actor: "admin", reason: nil))
      try await scene.store([sample])
      #expect(try await scene.alarms().isEmpty)
    }
  }

  @Test func itOutlastsAStart() async throws {
    try await RunningEngine.run(
      prepare: { ledger, _ in
        try await ledger.raise(
          Alarm(.maintenance, subject: "intake", since: .now(), text: "no intake, by admin: disk"), event: nil)
      }
    ) { engine in
      let scanner = try await engine.associate().peer
      #expect(try await scanner.store(SampleInstance())?.rawValue == 0xA700)
      #expect(try engine.spooledFiles().isEmpty)
      #expect(try await Maintenance(context: engine.context).end(actor: "admin", reason: "done"))
      #expect(try await scanner.store(SampleInstance()) == .success)
    }
  }
}
