import EscrowTesting
import Testing

/// A modality that stores, asks for commitment and is told on `port`.
func asker(_ name: String, _ aeTitle: String, port: Int, more: String = "") -> String {
  """
  \(name): { aeTitle: \(aeTitle), host: 127.0.0.1, port: \(port), allow: [echo, store, commit], \
  retry: { first: 1s, max: 1s }\(more.isEmpty ? "" : ", " + more) }
  """
}

extension Stories {
  /// A modality asks Escrow "are my images safe?", in all the ways that modalities do.
  @Suite struct Asking {
    /// A modality, Escrow, and an archive to which everything goes.
    private struct Scene {
      let asker: Asker
      let escrow: EscrowProcess
      let archive: Archive
      let samples: [Sample]

      var references: [(String, String)] { samples.map { ($0.sopClass, $0.uid) } }
    }

    private static func run(
      samples order: Sample.Order = .init(ct: 3), more: String = "", down: Bool = false, purge: String = "0s",
      when: String = "after", _ body: (Scene, Stage) async throws -> Void
    ) async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(order, on: stage)
        let archive = try await Archive.start(on: stage)
        try await archive.set("when", .string(when))
        let port = try stage.ports.next()
        let peers = [
          EndToEndTests.asker("ct1", "CT1", port: port, more: more),
          destination("archive", archive.aeTitle, port: archive.port),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment", purge: purge))
        try await archive.report(to: escrow.port)
        let asker = try await Asker.start(on: stage, port: port, down: down)
        try await body(Scene(asker: asker, escrow: escrow, archive: archive, samples: samples), stage)
      }
    }

    /// The reference's documented sample: before storing, and after.
    @Test func beforeAndAfterStoring() async throws {
      try await Self.run(samples: .init(mr: 1)) { scene, _ in
        let (asker, escrow, reference) = (scene.asker, scene.escrow, scene.references[0])
        let before = try await asker.ask([reference], of: escrow)
        #expect(before.status == 0)
        let no = try await asker.report(on: before.uid)
        #expect(no["eventType"].int == 2)
        #expect(no["failed"].items == [[.string(reference.0), .string(reference.1), 274]])
        #expect(no["committed"].items == [])
        #expect(no["roles"] == [0, 1])
        #expect(no["callingAE"].string == "ESCROW")
        #expect(no["calledAE"].string == "CT1")
        #expect(no["sameAssociation"].bool == false)

        try await asker.store(scene.samples, at: escrow)
        let after = try await asker.ask([reference], of: escrow)
        let yes = try await asker.report(on: after.uid)
        #expect(yes["eventType"].int == 1)
        #expect(yes["committed"].items == [.string(reference.1)])
        #expect(yes["hasFailedSequence"].bool == false)
        #expect(yes["hasReferencedSequence"].bool == true)
        // Not before the archive had committed.
        let committed = try await scene.archive.events("report").first?["at"]
        #expect(committed != nil)
      }
    }

    @Test func successFollowsTheArchivesReport() async throws {
      try await Self.run(when: "never") { scene, _ in
        try await scene.asker.store(scene.samples, at: scene.escrow)
        let request = try await scene.asker.ask(scene.references, of: scene.escrow)
        try await scene.escrow.has(3, deliveries: "requested")
        try await scene.archive.isAsked(for: 3)
        #expect(try await scene.asker.reports().isEmpty)
        let job = try await scene.escrow.http.get("/jobs?expand")[0]
        #expect(job["State"].string == "Running")
        #expect(job["Type"].string == "StorageCommitmentScp")
        #expect(try await scene.archive.reportNow() == [0])
        let told = try await scene.asker.report(on: request.uid)
        #expect(Set(told["committed"].items.compactMap(\.string)) == Set(scene.samples.map(\.uid)))
        #expect(told["eventType"].int == 1)
        // The copies are gone, the answer stays.
        try await scene.escrow.purges(3)
        let again = try await scene.asker.ask(scene.references, of: scene.escrow)
        #expect(try await scene.asker.report(on: again.uid)["eventType"].int == 1)
      }
    }

    @Test func failureFollowsTheArchivesReport() async throws {
      try await Self.run(when: "never") { scene, _ in
        try await scene.archive.set("reasons", [0x0122])
        try await scene.asker.store(scene.samples, at: scene.escrow)
        let request = try await scene.asker.ask(scene.references, of: scene.escrow)
        try await scene.escrow.has(3, deliveries: "requested")
        try await scene.archive.isAsked(for: 3)
        #expect(try await scene.archive.reportNow() == [0])
        let told = try await scene.asker.report(on: request.uid)
        #expect(told["failed"].items.map { $0[2].int } == [272, 272, 272])
        #expect(told["committed"].items == [])
        #expect(try await scene.escrow.instances("purged") == 0)
      }
    }

    @Test func everyDestinationMustHaveCommitted() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let first = try await Archive.start(on: stage)
        let second = try await Archive.start(on: stage, aeTitle: "SECOND")
        try await second.set("when", "never")
        let port = try stage.ports.next()
        let peers = [
          asker("ct1", "CT1", port: port), destination("archive", first.aeTitle, port: first.port),
          destination("second", second.aeTitle, port: second.port),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage, peers: peers.joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment", "to: second, proof: commitment"))
        try await first.report(to: escrow.port)
        try await second.report(to: escrow.port)
        let modality = try await Asker.start(on: stage, port: port)
        try await modality.store(samples, at: escrow)
        let request = try await modality.ask(samples.map { ($0.sopClass, $0.uid) }, of: escrow)
        try await escrow.has(2, deliveries: "delivered")
        #expect(try await modality.reports().isEmpty)
        try await second.isAsked(for: 2)
        #expect(try await second.reportNow() == [0])
        #expect(try await modality.report(on: request.uid)["eventType"].int == 1)
      }
    }

    // MARK: Ways to be told

    @Test func aModalityThatIsAwayIsToldWhenItIsBack() async throws {
      try await Self.run(down: true) { scene, _ in
        let request = try await scene.asker.ask([("1.2.840.10008.5.1.4.1.1.2", "1.2.3")], of: scene.escrow)
        try await eventually("two tries") {
          try await scene.escrow.http.get("/jobs?expand")[0]["State"].string == "Retry"
        }
        // Over a restart, too.
        await scene.escrow.kill()
        try await scene.escrow.start()
        #expect(try await scene.escrow.http.get("/jobs?expand")[0]["State"].string == "Retry")
        try await scene.asker.listen()
        #expect(try await scene.asker.report(on: request.uid)["failed"].items.count == 1)
        try await eventually("the job has succeeded") {
          try await scene.escrow.http.get("/jobs?expand")[0]["State"].string == "Success"
        }
      }
    }

    @Test(
      arguments: [
        ("no role selection", ["roles": "none"], ""), ("role refused, then agreed", ["roles": "refused"], ""),
        ("failure, then success", ["answer": [0x0110, 0x0110, 0]], ""),
        ("aborted instead of an answer", ["noAnswer": true], ""),
      ] as [(String, [String: JSON], String)])
    func isToldWhateverTheListenerDoes(_ name: String, _ how: [String: JSON], _ more: String) async throws {
      try await Self.run(down: true) { scene, _ in
        try await scene.asker.listen(how)
        let request = try await scene.asker.ask([("1.2.840.10008.5.1.4.1.1.2", "1.2.3")], of: scene.escrow)
        if name.contains("then") || name.contains("aborted") {
          try await eventually("a try in vain") {
            try await scene.escrow.http.get("/jobs?expand")[0]["State"].string == "Retry"
          }
          if !name.contains("failure") { try await scene.asker.listen() }
        }
        try await eventually("the job has succeeded") {
          try await scene.escrow.http.get("/jobs?expand")[0]["State"].string == "Success"
        }
        let told = try await scene.asker.reports(of: request.uid)
        #expect(told.allSatisfy { $0["failed"] == told[0]["failed"] }, "\(name)")
      }
    }

    @Test func onTheSameAssociationWhereThatIsWished() async throws {
      try await Self.run(more: "reportOn: same") { scene, _ in
        let reference = ("1.2.840.10008.5.1.4.1.1.2", "1.2.3")
        let kept = try await scene.asker.ask([reference], of: scene.escrow, ["keepOpen": 3])
        #expect(try await scene.asker.report(on: kept.uid)["sameAssociation"].bool == true)
        let released = try await scene.asker.ask([reference], of: scene.escrow, ["abortAfter": true])
        #expect(try await scene.asker.report(on: released.uid)["failed"].items.count == 1)
      }
    }

    @Test func isAskedInEverySyntaxAndRole() async throws {
      try await Self.run { scene, _ in
        let reference = ("1.2.840.10008.5.1.4.1.1.2", "1.2.3")
        for syntax in ["explicit", "implicit", "big"] {
          for roles: JSON in [nil, [1, 0], [1, 1]] {
            let request = try await scene.asker.ask(
              [reference], of: scene.escrow, ["syntax": .string(syntax), "roles": roles])
            #expect(request.status == 0, "\(syntax) \(roles)")
            #expect(try await scene.asker.report(on: request.uid)["failed"].items.count == 1)
          }
        }
      }
    }

    @Test func badRequestsAreAnsweredAndNobodyWaits() async throws {
      try await Self.run { scene, _ in
        let reference = ("1.2.840.10008.5.1.4.1.1.2", "1.2.3")
        let bad: [([String: JSON], Int)] = [
          (["action": 2], 0x0123), (["sopInstance": "1.2.840.10008.1.20.1.2"], 0x0112),
          (["sopClass": "1.2.840.10008.1.20.2"], 0x0118), (["omit": ["transactionUID"]], 0x0115),
          (["omit": ["sequence"]], 0x0115), (["omit": ["items"]], 0x0115),
          (["omit": ["classUID"]], 0x0115), (["omit": ["instanceUID"]], 0x0115),
          (["noDataSet": true], 0x0115),
        ]
        for (how, status) in bad {
          #expect(try await scene.asker.ask([reference], of: scene.escrow, how).status == status, "\(how)")
        }
        #expect(try await scene.asker.reports().isEmpty)
        #expect(try await scene.escrow.http.get("/jobs").items.isEmpty)
        let twice = try await scene.asker.ask([reference], of: scene.escrow)
        let uid: JSON = .string(twice.uid)
        #expect(try await scene.asker.ask([reference], of: scene.escrow, ["uid": uid]).status == 0)
        let other = ("1.2.840.10008.5.1.4.1.1.2", "1.2.4")
        #expect(try await scene.asker.ask([other], of: scene.escrow, ["uid": uid]).status == 0x0115)
      }
    }

    /// Two routers that ask each other never say yes to each other.
    @Test func whoAsksEachOtherVouchesForNothing() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 1), on: stage)
        let (one, other, port) = (try stage.ports.next(), try stage.ports.next(), try stage.ports.next())
        func peer(_ name: String, _ title: String, _ port: Int) -> String {
          """
          \(name): { aeTitle: \(title), host: 127.0.0.1, port: \(port), allow: [echo, store, report, commit], \
          answerWithin: 5s, retry: { first: 1s, max: 1s }, commitment: { quiet: 1s, maxWait: 2s, askAgain: [3s] } }
          """
        }
        let first = try await EscrowProcess.start(
          on: stage, aeTitle: "ONE", port: one,
          peers: [asker("ct1", "CT1", port: port, more: "answerWithin: 12s"), peer("other", "OTHER", other)]
            .joined(separator: "\n"),
          routes: everything(to: "to: other, proof: commitment"))
        _ = try await EscrowProcess.start(
          on: stage, aeTitle: "OTHER", port: other, peers: peer("one", "ONE", one),
          routes: everything(to: "to: one, proof: commitment"))
        let modality = try await Asker.start(on: stage, port: port)
        try await modality.store(samples, at: first)
        let request = try await modality.ask(samples.map { ($0.sopClass, $0.uid) }, of: first)
        let told = try await modality.report(on: request.uid)
        #expect(told["committed"].items == [])
        #expect(told["failed"].items.first?[2].int == 272)
        #expect(try await first.instances("purged") == 0)
      }
    }
  }
}
