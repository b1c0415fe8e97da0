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

    /// Killed when the receiver had the requests and had not answered them.
    @Test func areToldAgainWithTheSameIDsAfterAKill() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let receiver = try await WebhookReceiver.start(on: stage)
        let (escrow, archive) = try await start(on: stage, telling: receiver)
        try await archive.report(to: escrow.port)
        var cutOff: Set<String> = []
        for (round, sample) in samples.enumerated() {
          try await receiver.hold(true)
          let before = try await receiver.received().count
          try await Modality.start(on: stage, to: escrow).store([sample])
          try await eventually("a request without an answer, round \(round)") {
            try await receiver.received().count > before
          }
          await escrow.kill()
          cutOff.formUnion(try await receiver.received().dropFirst(before).map(\.id))
          try await receiver.hold(false)
          try await escrow.start()
        }
        try await eventually("each that was cut off came again") {
          let times = Dictionary(grouping: try await receiver.received(), by: \.id).mapValues(\.count)
          return cutOff.allSatisfy { (times[$0] ?? 0) >= 2 }
        }
        // The same id is the same event, signed anew.
        for (id, deliveries) in Dictionary(grouping: try await receiver.received(), by: \.id) {
          #expect(deliveries.allSatisfy { $0.isVerified })
          #expect(Set(deliveries.compactMap { $0.body["data"]["sequence"].int }).count == 1, "\(id)")
          #expect(Set(deliveries.map(\.type)).count == 1, "\(id)")
        }
        #expect(cutOff.count >= 3)
      }
    }

    /// What is set in the environment for other programs would lead past the address guard.
    @Test func takeNoProxyFromTheEnvironment() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1), on: stage)
        let receiver = try await WebhookReceiver.start(on: stage)
        let proxy = try await WebhookReceiver.start(on: stage)
        let (escrow, archive) = try await start(on: stage, telling: receiver)
        #expect(await escrow.stop() == .code(0))
        let names = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
        let address = "http://127.0.0.1:\(proxy.port)"
        try await escrow.start(environment: Dictionary(uniqueKeysWithValues: names.map { ($0, address) }))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("told") { try await receiver.received().contains { $0.type == "study.purged" } }
        #expect(try await proxy.received().isEmpty)
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
