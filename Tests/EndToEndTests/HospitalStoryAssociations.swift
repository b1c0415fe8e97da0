import EscrowTesting
import Testing

extension Stories {
  /// Destinations that reject associations, or take little of what is proposed on one.
  @Suite struct HospitalAssociations {
    private static let ct = "1.2.840.10008.5.1.4.1.1.2"

    /// Result, source and reason of A-ASSOCIATE-RJ (PS3.8 Table 9-21), and what people are told.
    private static let rejections: [(numbers: [Int], words: String)] = [
      ([1, 1, 1], "permanent, no reason given (1,1,1)"),
      ([1, 1, 2], "permanent, application context name not supported (1,1,2)"),
      ([1, 1, 3], "permanent, calling AE title not recognized (1,1,3)"),
      ([1, 1, 7], "permanent, called AE title not recognized (1,1,7)"),
      ([1, 2, 1], "permanent, no reason given (1,2,1)"),
      ([1, 2, 2], "permanent, protocol version not supported (1,2,2)"),
      ([2, 1, 1], "transient, no reason given (2,1,1)"),
      ([2, 3, 1], "transient, temporary congestion (2,3,1)"),
      ([2, 3, 2], "transient, local limit exceeded (2,3,2)"),
    ]

    /// Whatever the reason, nothing fails for it and nothing goes: it is told, and tried again.
    @Test func eachRejectionIsToldAndOverWhenItIsOver() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: Self.rejections.count), on: stage)
        let archive = try await Archive.start(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            destination(
              "archive", archive.aeTitle, port: archive.port, retry: "first: 1s, max: 1s, alarmAfter: 1s",
              more: "timeouts: { idle: 0s }"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response"))
        let modality = try await Modality.start(on: stage, to: escrow)
        for (index, rejection) in Self.rejections.enumerated() {
          try await archive.set("rejects", .array(rejection.numbers.map { .number(Double($0)) }))
          try await modality.store([samples[index]])
          try await eventually("people are told of \(rejection.words)") {
            let alarm = try await escrow.api("status")["alarms"][0]
            return alarm["kind"] == "destination.down" && alarm["text"].string?.contains(rejection.words) == true
          }
          let queue = try await escrow.cli("queue", "ls", "--to", "archive")
          #expect(queue.output.contains(rejection.words), "\(queue)")
          #expect(try await escrow.deliveries("failed") == 0)
          #expect(escrow.spooled.count == 1)
          try await archive.set("rejects", .null)
          try await escrow.purges(index + 1)
        }
        #expect(try await archive.received().sorted() == samples.map(\.uid).sorted())
        #expect(try await escrow.alarms().isEmpty)
      }
    }

    /// What it does not take fails with the reason; what it takes is not kept waiting.
    @Test func onlySomeClassesAreTaken() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 4, mr: 3, sr: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("storageClasses", [.string(Self.ct)])
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("the CT images are purged") { try await escrow.instances("purged") == 4 }
        var words: [String] = []
        for sample in samples where sample.sopClass != Self.ct {
          let delivery = try await eventually("the refusal is told") { () -> JSON? in
            let delivery = try await escrow.instance(sample.uid)["deliveries"][0]
            return delivery["reason"].string?.contains("sopClassNotSupported") == true ? delivery : nil
          }
          words.append(delivery["lastError"].string ?? "")
        }
        // Where one of a class was refused, the others of it need not be offered.
        #expect(words.contains { $0.contains("refused with result 3") }, "\(words)")
        #expect(!words.contains(""))
        #expect(escrow.spooled.count == 5)
        #expect(Set(try await archive.stored().keys) == Set(samples.filter { $0.sopClass == Self.ct }.map(\.uid)))
      }
    }

    /// One presentation context on an association: what is proposed besides gets an association of its own, at once and
    /// however much of the first kind waits.
    @Test func onlyOnePresentationContextIsTaken() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 12, mr: 3, sr: 3), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("contexts", 1)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            // Whoever had to wait for a second try would wait for ten minutes.
            destination("archive", archive.aeTitle, port: archive.port, retry: "first: 10m, max: 10m"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        #expect(try await archive.received().sorted() == samples.map(\.uid).sorted())
      }
    }
  }
}
