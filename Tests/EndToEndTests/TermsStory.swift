import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// How instances are sent: edited, in order, elsewhere, or not at all for now.
  @Suite struct Terms {
    /// Edited in every transfer syntax, at peers that read it with toolkits of their own; commitment still matches.
    @Test func editedCopiesArriveAndAreCommitted() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(
          .init(ct: 8, mr: 8, sr: 8, multiframe: 8, syntaxes: ["all"]), on: stage)
        let storescp = try await DCMTK.storescp(on: stage)
        let archive = try await Archive.start(on: stage)
        let port = try stage.ports.next()
        let orthanc = try await Orthanc.start(
          on: stage, modalities: ["escrow": .init(aeTitle: "ESCROW", port: port)],
          transferSyntaxes: ["1.2.840.10008.1.*"])
        let edits =
          "set: { InstitutionName: Allgemeines, PatientComments: edited }, remove: [PatientBirthDate, StudyDescription], "
          + "replace: { PatientID: { match: /^(.)/, with: X$1 } }"
        let escrow = try await EscrowProcess.start(
          on: stage, port: port,
          peers: [
            sender("ct1", "CT1"), destination("dcmtk", storescp.aeTitle, port: storescp.port),
            destination("archive", archive.aeTitle, port: archive.port),
            destination("orthanc", "ORTHANC", port: orthanc.port),
          ].joined(separator: "\n"),
          routes: [
            "edited": route(
              match: "{}",
              to: [
                "to: dcmtk, proof: response, \(edits)", "to: archive, proof: commitment, \(edits)",
                "to: orthanc, proof: commitment, \(edits)",
              ]) + "\nacceptEdited: true"
          ])
        try await archive.report(to: port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)

        let folder = try stage.directory.makeFolder("downloaded")
        for (uid, id) in try await orthanc.instances() { try await orthanc.download(id, to: "\(folder)/\(uid).dcm") }
        for folder in ["storescp", "archive", "downloaded"] {
          let result = try await compare(samples, with: folder, on: stage)
          #expect(result["compared"].int == samples.count)
          #expect(result["differences"] == [:], "\(folder): \(result)")
        }
        for file in storescp.files { try await Command("dcmdump", ["--quiet", file]).check() }
      }
    }

    private func compare(_ samples: [Sample], with folder: String, on stage: Stage) async throws -> JSON {
      let list = try stage.directory.write(samples.map(\.path).joined(separator: "\n"), to: "\(folder).list")
      let edits: JSON = [
        "InstitutionName": "Allgemeines", "PatientComments": "edited", "PatientBirthDate": .null,
        "StudyDescription": .null, "PatientID": ["^(.)", "X\\1"],
      ]
      return try await Command(
        Repository.python, [Repository.peer("edited.py"), stage.directory.appending(folder), list, edits.text()]
      ).check().json()
    }

    /// The original goes to the archive, an edited copy to research: ours may go, and ours was never changed.
    @Test func theOriginalStaysWhatItWas() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 4), on: stage)
        let archive = try await Archive.start(on: stage)
        let research = try await Archive.start(on: stage, aeTitle: "RESEARCH")
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port),
            destination("research", research.aeTitle, port: research.port),
          ].joined(separator: "\n"),
          routes: everything(
            to: "to: archive, proof: commitment", "to: research, proof: response, set: { PatientName: Nobody }"))
        try await archive.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        let (kept, edited) = (try await archive.stored(), try await research.stored())
        #expect(kept.count == 4 && edited.count == 4)
        for (uid, original) in kept { #expect(edited[uid]?.sha256 != original.sha256) }
        let list = try stage.directory.write(samples.map(\.path).joined(separator: "\n"), to: "originals.list")
        let same = try await Command(
          Repository.python, [Repository.peer("edited.py"), stage.directory.appending("archive"), list, "{}"]
        ).check().json()
        #expect(same["differences"] == [:], "\(same)")
      }
    }

    @Test func anotherArchiveGetsItWhileTheFirstIsDown() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 5), on: stage)
        let archive = try await Archive.start(on: stage, down: true)
        let second = try await Archive.start(on: stage, aeTitle: "ARCHIVE2")
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"),
            destination("archive", archive.aeTitle, port: archive.port, more: "failoverAfter: 1s"),
            destination("archive2", second.aeTitle, port: second.port),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment, orElse: archive2"))
        try await second.report(to: escrow.port)
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        try await escrow.has(5, deliveries: "superseded")
        #expect(Set(try await second.stored().keys) == Set(samples.map(\.uid)))
        try await archive.up()
        try await eventually("the archive is up again") {
          try await escrow.api("status")["destinations"]["archive"]["health"].string == "up"
        }
        #expect(try await archive.received().isEmpty)
        let trace = try await escrow.cli("trace", samples[0].uid)
        #expect(trace.output.contains("archive2 has it instead"), "\(trace)")
      }
    }

    @Test func anEmergencyGoesFirst() async throws {
      try await Stage.run { stage in
        let first = try await Sample.make(.init(ct: 6, seed: "first"), on: stage)
        let urgent = try await Sample.make(.init(mr: 3, seed: "urgent"), on: stage)
        let archive = try await Archive.start(on: stage, down: true)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port, more: "associations: 1"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: commitment"))
        try await archive.report(to: escrow.port)
        let modality = try await Modality.start(on: stage, to: escrow)
        try await modality.store(first)
        try await modality.store(urgent)
        let shown = try await escrow.cli("queue", "expedite", "--study", urgent[0].study)
        #expect(shown.code == 0 && shown.output.contains("3 deliveries match"), "\(shown)")
        try await escrow.cli("queue", "expedite", "--study", urgent[0].study, "--yes").expectSuccess()
        try await archive.up()
        try await escrow.purges(9)
        #expect(Set(try await archive.received().prefix(3)) == Set(urgent.map(\.uid)))
      }
    }

    @Test func whatADestinationRefusesAsAClassWaitsForAnOperator() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 3, mr: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        let refused = samples.filter { $0.modality == "MR" }.map { ($0.uid, JSON.number(0x0122)) }
        try await archive.set("statusOf", .object(Dictionary(uniqueKeysWithValues: refused)))
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [
            sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port, more: "associations: 1"),
          ].joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response"))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("the CT images are purged") { try await escrow.instances("purged") == 3 }
        try await eventually("both MR images are held") {
          try await escrow.api("deliveries?state=queued")["items"].items.count { !$0["delivery"]["hold"].isNull } == 2
        }
        #expect(try await escrow.alarms() == ["delivery.held"])
        let list = try await escrow.cli("queue", "ls", "--to", "archive")
        #expect(list.output.contains("held by system: sopClassNotSupported"), "\(list)")
        // Only one was offered.
        #expect(try await archive.received().count == 4)
        try await archive.set("statusOf", [:])
        try await escrow.cli("queue", "release", "--to", "archive", "--yes").expectSuccess()
        try await escrow.purges(5)
        #expect(try await escrow.alarms() == [])
      }
    }

    @Test func studiesAreSpread() async throws {
      try await Stage.run { stage in
        let archives = [
          try await Archive.start(on: stage), try await Archive.start(on: stage, aeTitle: "ARCHIVE2"),
        ]
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: ([sender("ct1", "CT1")]
            + archives.map { destination($0.aeTitle.lowercased(), $0.aeTitle, port: $0.port) }).joined(separator: "\n"),
          routes: everything(to: "to: [archive, archive2], proof: response, spread: study"))
        var samples: [Sample] = []
        for seed in 0..<8 { samples += try await Sample.make(.init(ct: 2, seed: "spread \(seed)"), on: stage) }
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await escrow.purges(samples.count)
        let kept = try await archives.map { Set(try await $0.stored().keys) }
        #expect(kept[0].isDisjoint(with: kept[1]))
        #expect(kept[0].union(kept[1]) == Set(samples.map(\.uid)))
        for (_, study) in Dictionary(grouping: samples, by: \.study) {
          #expect(kept.contains { Set(study.map(\.uid)).isSubset(of: $0) })
        }
      }
    }

    @Test func whatHasAWindowWaitsVisibly() async throws {
      try await Stage.run { stage in
        let samples = try await Sample.make(.init(ct: 2), on: stage)
        let archive = try await Archive.start(on: stage)
        // A window that is closed now, whatever the time is.
        let hour = (Calendar(identifier: .iso8601).dateComponents(in: .gmt, from: .now).hour ?? 0) + 3
        let window = String(format: "%02d:00-%02d:30", hour % 24, hour % 24)
        let escrow = try await EscrowProcess.start(
          on: stage,
          peers: [sender("ct1", "CT1"), destination("archive", archive.aeTitle, port: archive.port)]
            .joined(separator: "\n"),
          routes: everything(to: "to: archive, proof: response, window: \"\(window)\""))
        try await Modality.start(on: stage, to: escrow).store(samples)
        try await eventually("both wait for their window") {
          let items = try await escrow.api("deliveries")["items"].items
          return items.count == 2 && items.allSatisfy { !$0["delivery"]["notBefore"].isNull }
        }
        let list = try await escrow.cli("queue", "ls", "--to", "archive")
        #expect(list.output.contains("waits for its window (\(window) UTC)"), "\(list)")
        #expect(try await archive.received().isEmpty)
        #expect(try await escrow.alarms() == [])
      }
    }
  }
}

extension [Archive] {
  fileprivate func map<Result>(_ body: (Archive) async throws -> Result) async throws -> [Result] {
    var results: [Result] = []
    for archive in self { results.append(try await body(archive)) }
    return results
  }
}
