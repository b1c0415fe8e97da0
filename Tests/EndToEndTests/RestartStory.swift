import EscrowTesting
import Testing

extension Stories {
  /// Escrow is killed at random moments while three modalities send, reports are on their way and events are told.
  @Suite struct Restart {
    static let kills = Torture.times(8)

    @Test func everyAcknowledgedInstanceIsCommitted() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1, mr: 1, sr: 1), on: stage)
        let archive = try await Archive.start(on: stage)
        let receiver = try await WebhookReceiver.start(on: stage)
        // Long enough to be killed between what others do and what is recorded of it.
        try await archive.set("delay", .number(0.3))
        try await receiver.delay(0.1)
        let peers =
          ["CT1", "CT2", "CT3"].map { sender($0.lowercased(), $0) } + [
            destination(
              "archive", archive.aeTitle, port: archive.port, commitment: "quiet: 1s, maxWait: 2s, askAgain: [5s]")
          ]
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"), routes: everything(to: "to: archive, proof: commitment"),
          more: webhooks(to: receiver, on: stage))
        try await archive.report(to: escrow.port)
        var modalities: [Modality] = []
        for (number, sample) in samples.enumerated() {
          let modality = try await Modality.start(on: stage, aeTitle: "CT\(number + 1)", to: escrow)
          try await modality.beginStream(of: sample)
          modalities.append(modality)
        }

        for kill in 1...Self.kills {
          let enough = try await acknowledged(by: modalities) + .random(in: 1...60)
          try await eventually("load before kill \(kill)", every: .milliseconds(.random(in: 1...50))) {
            try await acknowledged(by: modalities) >= enough
          }
          await escrow.kill()
          try await escrow.start()
        }
        try await expectCommitted(modalities, at: archive, through: escrow)
        try await expectTold(by: escrow, to: receiver)
      }
    }

    /// Whether the archive has it is unknown: it is sent again, and the cut attempt is on record.
    @Test func anAttemptThatIsCutOffIsMadeAgain() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("storeDelay", 600)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response", purge: "1h"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.has(1, deliveries: "sending")
        await escrow.kill()
        try await archive.set("storeDelay", 0)
        try await escrow.start()
        try await escrow.has(1, deliveries: "delivered")
        let attempts = try await escrow.api("trace/\(samples[0].uid)")["attempts"].items
        #expect(attempts.compactMap { $0["result"].string } == ["expired", "stored"])
      }
    }

    @Test func aStopLosesNothingAndEndsCleanly() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 30), on: stage)
        let archive = try await Archive.start(on: stage, down: true)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        #expect(await escrow.stop() == .code(0))
        try await archive.up()
        try await escrow.start()
        try await escrow.purges(samples.count)
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
      }
    }

    private func acknowledged(by modalities: [Modality]) async throws -> Int {
      var sum = 0
      for modality in modalities { sum += try await modality.acknowledged() }
      return sum
    }

    /// The modalities' own records are the judge.
    private func expectCommitted(
      _ modalities: [Modality], at archive: Archive, through escrow: EscrowProcess
    ) async throws {
      var acknowledged: Set<String> = []
      for modality in modalities { acknowledged.formUnion(try await modality.endStream()) }
      try await eventually("nothing is open any more") {
        let instances = try await escrow.api("status")["instances"].members
        return instances.allSatisfy { $0.key == "purged" || $0.value == 0 } && escrow.spooled.isEmpty
      }
      let stored = Set(try await archive.stored().keys)
      #expect(acknowledged.subtracting(stored) == [])
      let answered = try await archive.events("report").filter { $0["status"].int == 0 }
      let committed = Set(answered.flatMap { $0["committed"].items.compactMap(\.string) })
      #expect(acknowledged.subtracting(committed) == [])
    }

    /// Every event arrives, and one that arrives again has the same id.
    private func expectTold(by escrow: EscrowProcess, to receiver: WebhookReceiver) async throws {
      try await eventually("everything was told") {
        try await escrow.api("webhooks")["items"][0]["pending"].int == 0
      }
      let events = try await escrow.all("webhooks/ops/deliveries")
      #expect(events.allSatisfy { $0["state"] == "delivered" })
      let arrived = Dictionary(grouping: try await receiver.received(), by: \.id)
      #expect(Set(events.compactMap { $0["id"].string }).subtracting(arrived.keys) == [])
      for (id, times) in arrived {
        #expect(times.allSatisfy { $0.isVerified && $0.body["data"] == times[0].body["data"] }, "\(id)")
      }
      let sequences = Dictionary(grouping: arrived.values.map { $0[0] }) { $0.body["data"]["sequence"].int }
      #expect(sequences.allSatisfy { $0.value.count == 1 })
      Torture.report(
        "\(Self.kills) kills, \(events.count) events, \(arrived.count { $1.count > 1 }) of them told again")
    }
  }
}
