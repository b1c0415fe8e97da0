import EscrowTesting
import Testing

extension Stories {
  /// Archives report in many ways, and each of them proves (PS3.4 §J.3.3.1.2).
  @Suite struct WaysToReport {
    struct Way: CustomTestStringConvertible, Sendable {
      var testDescription: String
      var script: [String: JSON]
      var commitment = ""
    }

    static let ways = [
      Way(testDescription: "new association, after the response", script: [:]),
      Way(testDescription: "new association, before the response", script: ["when": "before"]),
      Way(testDescription: "new association, no role selection", script: ["roles": nil]),
      Way(testDescription: "new association, both roles", script: ["roles": [1, 1]]),
      Way(testDescription: "same association, before the response", script: ["when": "before", "on": "same"]),
      Way(
        testDescription: "same association, after the response", script: ["on": "same"],
        commitment: ", waitOnAssociation: 30s"),
      Way(testDescription: "the report twice", script: ["repeat": 2]),
      Way(testDescription: "each instance listed twice", script: ["twice": true]),
      Way(testDescription: "instances nobody asked for", script: ["add": [["1.2.840.10008.5.1.4.1.1.2", "1.2.3.4"]]]),
      Way(
        testDescription: "another AE title that is configured", script: ["reportAs": "ARCHIVE2"],
        commitment: ", aeTitle: [ARCHIVE, ARCHIVE2]"),
    ]

    @Test(arguments: ways)
    func areAllUnderstood(way: Way) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let archive = try await Archive.start(on: stage)
        for (name, value) in way.script { try await archive.set(name, value) }
        let peers = [
          sender("ct1", "CT1"),
          destination(
            "archive", archive.aeTitle, port: archive.port, commitment: "quiet: 1s, maxWait: 2s" + way.commitment),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"), routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        #expect(try await archive.received().count == samples.count)
        #expect(try await archive.events("report").allSatisfy { $0["status"].int == 0 })
      }
    }

    @Test func anInstanceThatTheReportLeavesOutIsAskedForAgain() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("leaveOut", [.string(samples[1].uid)])
        let clock = "quiet: 1s, maxWait: 2s, askAgain: [2s]"
        let peers = [
          sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port, commitment: clock),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"), routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.has(2, deliveries: "delivered")
        try await eventually("asked again for the one") {
          try await archive.events("action").dropFirst().first?["uids"] == [.string(samples[1].uid)]
        }
        #expect(escrow.spooled.count == 1)
        try await archive.set("leaveOut", [])
        try await escrow.purges(samples.count)
        #expect(try await archive.received().count == samples.count)
      }
    }

    @Test func aRefusedContextIsAnAlarmAndNoProof() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("commitment", false)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("an alarm") { try await !escrow.alarms().isEmpty }
        #expect(try await escrow.deliveries("sent") == samples.count)
        #expect(escrow.spooled.count == samples.count)
      }
    }
  }
}
