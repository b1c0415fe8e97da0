import EscrowTesting
import Testing

extension Stories {
  /// Archives that cannot commit are asked by query: only what they are found to have is let go of.
  @Suite struct Querying {
    private struct Scene {
      let archive: Archive
      let escrow: EscrowProcess
      let samples: [Sample]

      func found() async throws -> [JSON] { try await archive.events("find") }

      /// How often each instance was stored.
      func stored() async throws -> [String: Int] {
        Dictionary(grouping: try await archive.received()) { $0 }.mapValues(\.count)
      }
    }

    /// An archive with the members `script`, and what is sent to it.
    private static func run(
      ct: Int = 4, script: [String: JSON] = [:], query: String = "after: 0s, askAgain: [1s], resendAfter: 2",
      _ body: (Scene) async throws -> Void
    ) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: ct, mr: 1), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("commitment", false)
        for (name, value) in script { try await archive.set(name, value) }
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            destination("archive", archive.aeTitle, port: archive.port, more: "query: { \(query) }"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: query"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await body(Scene(archive: archive, escrow: escrow, samples: samples))
      }
    }

    @Test(arguments: [false, true], ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
    func whatIsFoundIsPurged(relational: Bool, syntax: String) async throws {
      try await Self.run(
        script: ["findRelational": .bool(relational), "findSyntaxes": [.string(syntax)]]
      ) { scene in
        try await scene.escrow.purges(scene.samples.count)
        #expect(try await scene.stored().values.allSatisfy { $0 == 1 })
        let asked = try await scene.found()
        #expect(asked.allSatisfy { $0["transferSyntax"].string == syntax && $0["relational"].bool == relational })
        #expect(asked.allSatisfy { $0["hierarchical"].bool == !relational })
        let trace = try await scene.escrow.api("trace/\(scene.samples[0].uid)")
        #expect(trace["events"].items.contains { $0["type"].string == "instance.found" })
        #expect(trace["transactions"].items.isEmpty)
      }
    }

    @Test func whatIsLostIsSentAgainAndThenFound() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 6), on: stage)
        let lost = Set([1, 4].map { samples[$0].uid })
        let archive = try await Archive.start(on: stage)
        try await archive.set("loseUIDs", .array(lost.map { .string($0) }))
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            destination(
              "archive", archive.aeTitle, port: archive.port,
              more: "query: { after: 0s, askAgain: [1s], resendAfter: 2 }"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: query"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        let sent = Dictionary(grouping: try await archive.received()) { $0 }.mapValues(\.count)
        #expect(Set(sent.filter { $0.value == 2 }.keys) == lost)
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
      }
    }

    private static let failures: [[String: JSON]] = [
      ["findStatus": 0xA700], ["findStatus": 0xC000], ["find": false],
    ]

    /// Whatever it found before it failed.
    @Test(arguments: failures) func whileQueriesFailNothingIsPurged(script: [String: JSON]) async throws {
      try await Self.run(script: script) { scene in
        let word = script["find"] == nil ? "query failed" : "query refused"
        try await eventually("all say why they wait") {
          let waiting = try await scene.escrow.api("deliveries?state=sent")["items"].items
          return waiting.count == scene.samples.count
            && waiting.allSatisfy { $0["delivery"]["reason"].string?.contains(word) == true }
        }
        let list = try await scene.escrow.cli("queue", "ls")
        #expect(list.output.contains("waits for query; \(word)"), "\(list)")
        #expect(try await scene.escrow.instances("purged") == 0)
        #expect(scene.escrow.spooled.count == scene.samples.count)

        // Mended, and asked again at once.
        try await scene.archive.set("findStatus", 0)
        try await scene.archive.set("find", true)
        #expect(try await scene.escrow.cli("commitments", "ask-again", "--to", "archive", "--yes").code == 0)
        try await scene.escrow.purges(scene.samples.count)
        #expect(try await scene.stored().values.allSatisfy { $0 == 1 })
        #expect(try await scene.escrow.alarms() == [])
      }
    }

    private static let oddities: [[String: JSON]] = [
      ["findFirst": true], ["findFirst": true, "findRelational": true], ["findIgnoresList": true],
      ["findAdd": [["1.2.840.10008.5.1.4.1.1.2", "1.2.3"]]],
    ]

    /// A list answered with its first match, a list that is not heeded, others' instances among the matches.
    @Test(arguments: oddities) func anOddArchiveIsUnderstood(script: [String: JSON]) async throws {
      try await Self.run(script: script) { scene in
        try await scene.escrow.purges(scene.samples.count)
        #expect(try await scene.stored().values.allSatisfy { $0 == 1 })
      }
    }

    /// It answers with others' instances only, or never finds this one: neither proves anything.
    @Test func whatIsNeverFoundFailsAndIsKept() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("findNot", [.string(samples[0].uid)])
        try await archive.set("findAdd", [["1.2.840.10008.5.1.4.1.1.2", .string(samples[1].uid + ".1")]])
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            destination(
              "archive", archive.aeTitle, port: archive.port,
              more: "query: { after: 0s, askAgain: [1s], resendAfter: 1, maxResends: 1 }"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: query"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.has(1, deliveries: "failed")
        try await eventually("the other is purged") { try await escrow.instances("purged") == 1 }
        let list = try await escrow.cli("queue", "ls", "--state", "failed")
        #expect(list.output.contains("notFoundByQuery"), "\(list)")
        #expect(escrow.spooled.count == 1)
      }
    }

    /// What was found is asked for once more when its copy is to go, and is sent again if it is gone.
    @Test func anOldFindIsLookedAtAgainBeforeTheCopyGoes() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            destination(
              "archive", archive.aeTitle, port: archive.port, more: "query: { after: 0s, askAgain: [1s], recheck: 1s }"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: query", purge: "3s"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.has(samples.count, deliveries: "delivered")
        try await archive.set("findNot", [.string(samples[0].uid)])
        try await eventually("the contradiction is noticed") {
          try await escrow.alarms().contains("commitment.contradicted")
        }
        #expect(escrow.spooled.count >= 1)
        try await archive.set("findNot", [])
        try await escrow.purges(samples.count)
        #expect(try await archive.received().count { $0 == samples[0].uid } == 2)
        #expect(try await escrow.alarms() == [])
      }
    }

    @Test func orthancIsQueried() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 5, mr: 2, sr: 1), on: stage)
        let orthanc = try await Orthanc.start(on: stage, modalities: ["escrow": .init(aeTitle: "ESCROW", port: 11112)])
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            destination(
              "orthanc", orthanc.aeTitle, port: orthanc.port,
              more: "query: { after: 0s, askAgain: [1s], resendAfter: 2 }"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: orthanc, proof: query", purge: "15s"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.has(samples.count, deliveries: "delivered")

        // Somebody deletes one there, and an operator has doubts.
        let ids = try await orthanc.instances()
        let gone = try #require(ids[samples[0].uid])
        #expect(try await orthanc.http.request("DELETE", "/instances/\(gone)").status == 200)
        _ = try await escrow.cli(
          "commitments", "ask-again", "--to", "orthanc", "--state", "delivered", "--instance", samples[0].uid, "--yes")
        try await eventually("it is there again") { try await orthanc.instances()[samples[0].uid] != nil }
        try await escrow.purges(samples.count)
        let trace = try await escrow.api("trace/\(samples[0].uid)")
        #expect(trace["attempts"].items.count == 2)
      }
    }

    /// DCMTK's archive commits to nothing, and agrees to no relational queries.
    @Test func dcmqrscpIsQueried() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 4, mr: 2), on: stage)
        let port = try await DCMTK.dcmqrscp(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            destination("archive", "QRSCP", port: port, more: "query: { after: 0s, askAgain: [1s], resendAfter: 2 }"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: query"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        for sample in samples {
          #expect(try await escrow.api("trace/\(sample.uid)")["attempts"].items.count == 1)
        }
      }
    }

    /// Its queries wait for it like everything else.
    @Test func aDeadArchiveIsQueriedWhenItIsBack() async throws {
      try await Self.run(query: "after: 4s, askAgain: [1s]") { scene in
        try await scene.escrow.has(scene.samples.count, deliveries: "sent")
        try await scene.archive.down()
        try await eventually("it is found to be down") {
          let reasons = try await scene.escrow.api("deliveries?state=sent")["items"].items.map {
            $0["delivery"]["reason"].string ?? ""
          }
          return !reasons.isEmpty && reasons.allSatisfy { $0.contains("waits for query") && $0.contains("is down") }
        }
        #expect(scene.escrow.spooled.count == scene.samples.count)
        try await scene.archive.up()
        try await scene.escrow.purges(scene.samples.count)
        #expect(try await scene.stored().values.allSatisfy { $0 == 1 })
      }
    }

    /// A destination that cannot commit is never taken to have committed, and the alarm says what can be done.
    @Test func whoCannotCommitIsTold() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let receiver = try await DCMTK.storescp(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", receiver.aeTitle, port: receiver.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("an alarm") { try await escrow.alarms().contains("commitment.refused") }
        #expect(try await escrow.instances("purged") == 0)
        #expect(escrow.spooled.count == samples.count)
        let status = try await escrow.cli("status")
        #expect(status.output.contains("ask for `proof: query` or `proof: response`"), "\(status)")
        let list = try await escrow.cli("queue", "ls")
        #expect(list.output.contains("commitment request refused"), "\(list)")
      }
    }
  }
}
