import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// Destinations that take nothing for a while, or nothing from us, or one instance not.
  @Suite struct HospitalResources {
    private func run(
      _ count: Int, retry: String = "first: 1s, max: 1s", proof: String = "commitment",
      _ body: (EscrowProcess, Archive, Modality, [Sample]) async throws -> Void
    ) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: count), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("comment", "disk full")
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port, retry: retry)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: \(proof)"))
        try await archive.report(to: escrow.port)
        try await body(escrow, archive, try await Modality.start(on: stage, to: escrow), samples)
      }
    }

    /// One that is too large, or trips over something: the oldest, so that it would be offered first each time.
    @Test(arguments: [0xA700, 0xA7FF, 0x0213])
    func oneThatIsNeverTakenStopsNoOther(status: Int) async throws {
      try await run(8) { escrow, archive, modality, samples in
        try await archive.set("statusOf", .object([samples[0].uid: .number(Double(status))]))
        try await modality.store(samples)
        try await eventually("the others are purged") { try await escrow.instances("purged") == 7 }
        let waiting = try await escrow.instance(samples[0].uid)["deliveries"][0]
        #expect(["queued", "sending"].contains(waiting["state"].string))
        let trace = try await escrow.cli("trace", samples[0].uid)
        #expect(trace.output.contains("disk full"), "\(trace)")
        #expect(escrow.spooled.count == 1)
        try await archive.set("statusOf", [:])
        try await escrow.purges(8)
        for sample in samples[1...] { #expect(try await archive.received().count { $0 == sample.uid } == 1) }
      }
    }

    /// The hour after which people are to know is two seconds here.
    @Test func anHourWithoutResourcesIsAnAlarmAndThenOver() async throws {
      try await run(6, retry: "first: 1s, max: 1s, alarmAfter: 2s") { escrow, archive, modality, samples in
        try await archive.set("storeStatus", 0xA700)
        try await modality.store(samples)
        try await eventually("people are told") { try await escrow.alarms() == ["destination.down"] }
        let alarm = try await escrow.api("status")["alarms"][0]["text"].string ?? ""
        #expect(alarm.contains("outOfResources: A700H disk full"), "\(alarm)")
        let health = try await escrow.api("status")["destinations"]["archive"]
        #expect(health["health"].string != "up" && health["queued"].int == samples.count, "\(health)")
        let list = try await escrow.cli("queue", "ls")
        #expect(list.output.contains("disk full"), "\(list)")
        #expect(try await escrow.instances("purged") == 0)
        #expect(try await escrow.deliveries("failed") == 0)

        try await archive.set("storeStatus", 0)
        try await escrow.purges(samples.count)
        #expect(Set(try await archive.stored().keys) == Set(samples.map(\.uid)))
        try await eventually("the alarm is over") { try await escrow.alarms().isEmpty }
      }
    }

    /// 0124H: nothing is sent but slow probes, until somebody has set it right and starts it again.
    @Test(arguments: [0x0124, 0x0214]) func whoDoesNotLetUsIsLeftAlone(status: Int) async throws {
      try await run(3, proof: "response") { escrow, archive, modality, samples in
        try await archive.set("storeStatus", .number(Double(status)))
        try await archive.set("comment", "who are you?")
        try await modality.store(samples)
        try await eventually("it is down") {
          try await escrow.api("status")["destinations"]["archive"]["health"].string == "down"
        }
        let health = try await escrow.api("status")["destinations"]["archive"]
        #expect(health["reason"].string?.contains("notAuthorized") == true, "\(health)")
        #expect(health["reason"].string?.contains("who are you?") == true, "\(health)")
        let probe = health["nextProbeAt"].string ?? ""
        let next = try Date(probe, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        #expect(next.timeIntervalSinceNow > 600)
        #expect(try await escrow.deliveries("failed") == 0)
        #expect(escrow.spooled.count == 3)
        let tried = try await archive.received().count
        #expect((1...samples.count).contains(tried))

        try await archive.set("storeStatus", 0)
        #expect(await escrow.stop() != nil)
        try await escrow.start()
        try await eventually("all is there once an operator has it tried") {
          _ = try await escrow.cli("queue", "retry", "--to", "archive", "--state", "queued", "--yes")
          return try await escrow.instances("purged") == 3
        }
        #expect(try await archive.stored().count == 3)
      }
    }
  }
}
