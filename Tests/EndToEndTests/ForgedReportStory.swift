import EscrowTesting
import Testing

extension Stories {
  /// Nobody but the archive proves anything, and the archive only what it was asked.
  @Suite struct ForgedReport {
    @Test func changesNothing() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 4, mr: 1), on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("when", "never")
        let other = try stage.ports.next()
        let peers = [
          sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port),
          destination("other", "OTHER", port: other),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"),
          routes: ["ct": route(match: "{ Modality: CT }", to: ["to: archive, proof: commitment"])])
        try await archive.report(to: escrow.port)
        // The MR image matches no route: it is held, and nobody was ever asked for it.
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.has(4, deliveries: "requested")
        #expect(try await escrow.instances("held") == 1)

        try await archive.isAsked(for: 4)
        let transaction = try #require(try await archive.events("action").first?["transactionUID"].string)
        let asked = samples.filter { $0.modality == "CT" }.map(\.reference)
        let forger = try await Forger.start(on: stage, against: escrow)
        for forgery in forgeries(transaction: transaction, asked: asked, neverAsked: samples[4].reference) {
          try await forger.send(forgery)
          #expect(try await escrow.deliveries("requested") == 4, "\(forgery)")
          #expect(try await escrow.deliveries("delivered") == 0, "\(forgery)")
        }
        #expect(try await escrow.instances("held") == 1)
        #expect(escrow.spooled.count == samples.count)

        #expect(try await archive.reportNow() == [0])
        try await eventually("the asked ones are purged") { try await escrow.instances("purged") == 4 }
        #expect(escrow.spooled.count == 1)
      }
    }

    @Test func strangersAreRejected() async throws {
      try await Stage.run { stage in
        let archive = try await Archive.start(on: stage)
        let escrow = try await EscrowProcess.start(
          on: stage, peers: destination("archive", archive.aeTitle, port: archive.port),
          routes: everything(to: "to: archive, proof: commitment"))
        let forger = try await Forger.start(on: stage, against: escrow)
        let unknown = Forger.Forgery(calling: "EVIL", transactionUID: "2.25.1", committed: [])
        #expect(try await forger.send(unknown)["outcome"] == "rejected")
        let elsewhere = Forger.Forgery(
          calling: archive.aeTitle, transactionUID: "2.25.1", committed: [], source: "127.0.0.2")
        #expect(try await forger.send(elsewhere)["outcome"] == "rejected")
      }
    }
  }
}

/// Reports that must change nothing of `transaction`, in which `asked` was asked for.
func forgeries(transaction: String, asked: [JSON], neverAsked: JSON) -> [Forger.Forgery] {
  [
    .init(calling: "EVIL", transactionUID: transaction, committed: asked),
    .init(calling: "CT1", transactionUID: transaction, committed: asked),
    .init(calling: "OTHER", transactionUID: transaction, committed: asked),
    .init(calling: "ARCHIVE", transactionUID: transaction, committed: asked, source: "127.0.0.2"),
    .init(calling: "ARCHIVE", transactionUID: "2.25.1", committed: asked),
    .init(calling: "ARCHIVE", transactionUID: transaction, committed: [neverAsked]),
    .init(calling: "ARCHIVE", transactionUID: transaction, committed: []),
  ]
}
