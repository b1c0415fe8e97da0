import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// A destination that answers C-STORE with each status there is (PS3.4 Table B.2-1, PS3.7 §9.1.1.1.9 and Annex C).
  @Suite struct HospitalStatuses {
    /// What an answer makes of a delivery: after so many attempts it is `delivered`, or failed for `reason`.
    struct Row {
      let status: Int
      var reason: String?
      var attempts = 1
    }

    /// Done, some with a warning.
    private static let taken = [0x0000, 0xB000, 0xB006, 0xB007, 0xB123, 0x0001, 0x0107, 0x0116].map { Row(status: $0) }

    /// It will not be different next time.
    private static let refused = [
      Row(status: 0xA800, reason: "sopClassNotSupported"), Row(status: 0x0122, reason: "sopClassNotSupported"),
      Row(status: 0xA900, reason: "dataSetMismatch"),
      Row(status: 0xA9FF, reason: "dataSetMismatch"), Row(status: 0x0111, reason: "duplicate"),
      Row(status: 0x0117, reason: "invalidInstance"), Row(status: 0x0112, reason: "noSuchInstance"),
      Row(status: 0x0118, reason: "noSuchClass"), Row(status: 0x0119, reason: "classInstanceConflict"),
      Row(status: 0x0105, reason: "noSuchAttribute"), Row(status: 0x0106, reason: "invalidAttributeValue"),
      Row(status: 0x0120, reason: "missingAttribute"), Row(status: 0x0121, reason: "missingAttributeValue"),
      Row(status: 0x0211, reason: "unrecognizedOperation"), Row(status: 0x0212, reason: "mistypedArgument"),
    ]

    /// Tried again so often.
    private static let doubtful = [
      Row(status: 0xC000, reason: "cannotUnderstand", attempts: 4),
      Row(status: 0xC123, reason: "cannotUnderstand", attempts: 4),
      Row(status: 0x0110, reason: "processingFailure", attempts: 11),
      Row(status: 0x0210, reason: "duplicateInvocation", attempts: 2),
      Row(status: 0xFF00, reason: "pendingStatus", attempts: 2),
      Row(status: 0xFF01, reason: "pendingStatus", attempts: 2),
      Row(status: 0xFE00, reason: "cancelStatus", attempts: 2),
      Row(status: 0x0999, reason: "unknownStatus", attempts: 2),
    ]

    @Test func eachEndsItsDeliveryAndNoOther() async throws {
      let rows = Self.taken + Self.refused + Self.doubtful
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: rows.count + 5), on: stage)
        let archive = try await Archive.start(on: stage)
        let answers = zip(samples, rows).map { ($0.uid, JSON.number(Double($1.status))) }
        try await archive.set("statusOf", .object(Dictionary(answers) { $1 }))
        try await archive.set("comment", "ask the PACS team")
        try await archive.set("offending", [0x0008_0018])
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            // Else the rest of a class would wait for what one of it was refused for.
            destination(
              "archive", archive.aeTitle, port: archive.port, retry: "first: 1s, max: 1s", more: "holdOn: []"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response"))
        try await Modality.start(on: stage, to: escrow).store(samples)

        let failing = rows.filter { $0.reason != nil }
        try await escrow.has(failing.count, deliveries: "failed")
        try await escrow.has(samples.count - failing.count, deliveries: "delivered")
        let received = try await archive.received()
        for (sample, row) in zip(samples, rows) {
          let name = String(row.status, radix: 16, uppercase: true)
          let delivery = try await escrow.instance(sample.uid)["deliveries"][0]
          #expect(delivery["state"].string == (row.reason == nil ? "delivered" : "failed"), "\(name)")
          #expect(delivery["reason"].string == row.reason, "\(name)")
          #expect(delivery["attempts"].int == row.attempts, "\(name)")
          #expect(received.count { $0 == sample.uid } == row.attempts, "\(name)")
          guard row.reason != nil else { continue }
          let words = delivery["lastError"].string ?? ""
          #expect(words.contains("\(name)H ask the PACS team (offending: (0008,0018))"), "\(name): \(words)")
        }
        for sample in samples[rows.count...] { #expect(received.count { $0 == sample.uid } == 1) }

        // Kept are exactly what failed and what elements were dropped of, visibly.
        try await eventually("the rest is purged") {
          try await escrow.instances("purged") == samples.count - failing.count - 1
        }
        #expect(escrow.spooled.count == failing.count + 1)
        #expect(try await escrow.alarms() == ["delivery.failed"])
        let queue = try await escrow.cli("queue", "ls", "--state", "failed")
        #expect(
          queue.output.contains("missingAttributeValue") && queue.output.contains("ask the PACS team"), "\(queue)")
        try await isTriedAgain(escrow, archive, samples.count)
      }
    }

    /// Once the destination is set right, an operator has all of it sent.
    private func isTriedAgain(_ escrow: EscrowProcess, _ archive: Archive, _ count: Int) async throws {
      try await archive.set("statusOf", [:])
      let retried = try await escrow.cli("queue", "retry", "--state", "failed", "--yes")
      #expect(retried.code == 0, "\(retried)")
      try await escrow.has(count, deliveries: "delivered")
      #expect(try await archive.stored().count == count - [0x0001, 0x0107, 0x0116].count)
      #expect(try await escrow.alarms().isEmpty)
    }

    /// The class is not taken there; other classes go on.
    @Test(arguments: [0x0122, 0xA800]) func aClassThatIsNotSupportedStopsNoOther(status: Int) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3, mr: 1), on: stage)
        let report = try #require(samples.first { $0.modality == "MR" })
        let archive = try await Archive.start(on: stage)
        try await archive.set("statusOf", .object([report.uid: .number(Double(status))]))
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("the others are purged") { try await escrow.instances("purged") == 3 }
        let delivery = try await eventually("the refusal is told") { () -> JSON? in
          let delivery = try await escrow.instance(report.uid)["deliveries"][0]
          return delivery["reason"].string?.contains("sopClassNotSupported") == true ? delivery : nil
        }
        #expect(delivery["lastError"].string?.contains(status == 0x0122 ? "0122H" : "A800H") == true, "\(delivery)")
        #expect(try await archive.received().count { $0 == report.uid } == 1)
        #expect(escrow.spooled.count == 1)
      }
    }
  }
}
