import EscrowTesting
import Testing

extension Stories {
  /// Another system is told what happens, though it is down at first.
  @Suite struct Webhooks {
    @Test func areToldWhenTheReceiverComesBack() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 5), on: stage)
        let receiver = try await WebhookReceiver.start(on: stage)
        try await receiver.down()
        let (escrow, archive) = try await start(on: stage, telling: receiver)
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        // The receiver's trouble is its own.
        try await escrow.purges(samples.count)
        try await eventually("a failed attempt is on record") {
          try await (escrow.api("webhooks")["items"][0]["pending"].int ?? 0) > 0
        }

        try await receiver.up()
        let expected: Set = ["study.received", "commitment.requested", "commitment.succeeded", "study.purged"]
        try await eventually("everything was told") {
          try await expected.isSubset(of: Set(receiver.received().map(\.type)))
        }
        let told = try await receiver.received()
        #expect(told.allSatisfy { $0.isVerified && !$0.id.isEmpty })
        #expect(told.filter { $0.type == "study.purged" }.allSatisfy { $0.body["data"]["instances"].int == 5 })
        let purged = try #require(told.first { $0.type == "study.purged" })
        #expect(purged.body["data"]["studyInstanceUID"].string == samples[0].study)
        #expect(purged.body["timestamp"].string != nil)
        #expect(told.allSatisfy { delivery in !((try? delivery.body.text()) ?? "").contains("Müller") })
      }
    }

    @Test func keepTheirIDsWhenTheReceiverFails() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1), on: stage)
        let receiver = try await WebhookReceiver.start(on: stage)
        try await receiver.answer(500)
        let (escrow, archive) = try await start(on: stage, telling: receiver)
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("a failed delivery") { try await !receiver.received().isEmpty }
        try await receiver.answer(200)
        try await eventually("each was told in the end") {
          let told = try await receiver.received()
          let (failed, succeeded) = (told.filter { $0.status == 500 }, told.filter { $0.status == 200 })
          return Set(failed.map(\.id)).isSubset(of: succeeded.map(\.id))
        }
        // The same id always carries the same event.
        let bodies = Dictionary(grouping: try await receiver.received(), by: \.id)
        #expect(bodies.values.allSatisfy { Set($0.map(\.type)).count == 1 })
        #expect(bodies.values.allSatisfy { $0.allSatisfy(\.isVerified) })
      }
    }

    @Test func endWhenTheReceiverIsGone() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1), on: stage)
        let receiver = try await WebhookReceiver.start(on: stage)
        try await receiver.answer(410)
        let (escrow, archive) = try await start(on: stage, telling: receiver)
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("the endpoint is disabled") {
          try await escrow.api("webhooks")["items"][0]["state"] == "disabled"
        }
        #expect(try await escrow.alarms().contains("webhook.disabled"))
        let early = try await escrow.cli("webhooks", "replay", "ops")
        #expect(early.code == 1 && early.errors.contains("disabled"), "\(early)")
        let refused = try await escrow.cli("webhooks", "test", "ops")
        #expect(refused.code == 1 && refused.output.contains("410"), "\(refused)")

        try await receiver.answer(200)
        try await escrow.cli("webhooks", "test", "ops").expectSuccess()
        #expect(try await !escrow.alarms().contains("webhook.disabled"))
        try await escrow.purges(samples.count)
        try await escrow.cli("webhooks", "replay", "ops").expectSuccess()
        try await eventually("nothing is missing") {
          let received = try await receiver.received()
          // A ping is no event: nothing of it is kept.
          let missed = Set(received.filter { $0.status == 410 && $0.type != "ping" }.map(\.id))
          let told = received.filter { $0.status == 200 && $0.isVerified }
          let hasEnd = told.contains { $0.type == "study.purged" } && told.contains { $0.type == "ping" }
          return hasEnd && missed.isSubset(of: told.map(\.id))
        }
        let log = try await escrow.cli("webhooks", "ls", "ops").expectSuccess().output
        #expect(log.contains("study.purged"))
      }
    }

    private func start(
      on stage: Stage, telling receiver: WebhookReceiver
    ) async throws -> (EscrowProcess, Archive) {
      let archive = try await Archive.start(on: stage)
      let escrow = try await EscrowProcess.start(
        on: stage,
        peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
          .joined(separator: "\n"),
        routes: everything(to: "to: archive, proof: commitment"),
        more: webhooks(to: receiver, on: stage))
      return (escrow, archive)
    }
  }
}
