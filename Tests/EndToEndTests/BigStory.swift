import DICOM
import EscrowTesting
import Foundation
import Testing

extension Stories {
  /// One instance that is larger than any memory should be, and instances in great number.
  @Suite struct BigAndMany {
    /// Bytes of the large instance, in MiB; `ESCROW_LARGE` says more.
    static let large = number("ESCROW_LARGE") ?? 256
    /// Instances of a night's backlog; `ESCROW_MANY` says more.
    static let many = number("ESCROW_MANY") ?? 2000
    /// References of one report; `ESCROW_REFERENCES` says more.
    static let references = number("ESCROW_REFERENCES") ?? 2000
    /// What the router may have resident at most, in MiB. The debug build's own code counts.
    static let resident = number("ESCROW_RESIDENT") ?? 96

    private static func number(_ name: String) -> Int? {
      ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    /// The whole road: stored, sent, committed, purged; in either transfer syntax.
    @Test(arguments: [false, true]) func aLargeInstanceIsNeverInMemory(isReencoded: Bool) async throws {
      try await Stage.run { stage in
        let instance = LargeInstance(pixelBytes: Self.large << 20)
        let expected = isReencoded ? LargeInstance(pixelBytes: Self.large << 20, isImplicit: true) : instance
        let port = try stage.ports.next()
        let escrow = try await start(on: stage, archive: port)
        let before = escrow.peakResidentBytes
        let start = ContinuousClock.now
        try await StreamingArchive.run(
          at: port, reportTo: escrow.port, expecting: [expected], taking: isReencoded ? ["1.2.840.10008.1.2"] : []
        ) { archive in
          try await StreamingModality(to: escrow.port).store(instance)
          try await escrow.purges(1)
          #expect(archive.kept[instance.sop.instanceUID]?.isIntact == true)
          #expect(archive.kept[instance.sop.instanceUID]?.length == expected.length)
        }
        tell(escrow, "\(Self.large) MiB\(isReencoded ? ", re-encoded" : "")", since: start, before: before)
      }
    }

    /// Everything arrives while the archive is down, and leaves when it is up.
    @Test func aNightsBacklogIsWorkedOff() async throws {
      try await Stage.run { stage in
        let port = try stage.ports.next()
        let escrow = try await start(on: stage, archive: port)
        let before = escrow.peakResidentBytes
        let start = ContinuousClock.now
        try await StreamingModality(to: escrow.port).storeTiny(Self.many)
        #expect(try await escrow.instances("inTransit") == Self.many)
        tell(escrow, "\(Self.many) instances received", since: start, before: before)
        let up = ContinuousClock.now
        try await StreamingArchive.run(at: port, reportTo: escrow.port) { archive in
          try await escrow.purges(Self.many, within: .seconds(7200))
          #expect(archive.count == Self.many)
        }
        tell(escrow, "\(Self.many) instances sent, committed, purged", since: up, before: before)
        #expect(try await escrow.deliveries("delivered") == Self.many)
      }
    }

    /// One study, one request, one report.
    @Test func aReportOfAWholeArchiveIsAppliedAtOnce() async throws {
      try await Stage.run { stage in
        let port = try stage.ports.next()
        let escrow = try await start(
          on: stage, archive: port, commitment: "quiet: 30s, maxWait: 1h, maxReferences: \(Self.references)")
        let before = escrow.peakResidentBytes
        try await StreamingModality(to: escrow.port).storeTiny(Self.references, perStudy: Self.references)
        try await StreamingArchive.run(at: port, reportTo: escrow.port) { archive in
          try await eventually("everything sent", within: .seconds(3600)) { archive.count == Self.references }
          try await eventually("one request", within: .seconds(3600)) { archive.requests > 0 }
          let start = ContinuousClock.now
          try await eventually("one report", within: .seconds(3600)) { archive.reports > 0 }
          tell(escrow, "a report of \(archive.largestReport) references answered", since: start, before: before)
          #expect(archive.largestReport == Self.references)
          #expect(try await escrow.deliveries("delivered") == Self.references)
          try await escrow.purges(Self.references, within: .seconds(3600))
        }
      }
    }

    private func start(
      on stage: Stage, archive port: Int, commitment: String = "quiet: 1s, maxWait: 2s"
    ) async throws -> EscrowProcess {
      try await EscrowProcess.start(
        on: stage,
        peers: [sender("ct1", "CT1"), destination("archive", "ARCHIVE", port: port, commitment: commitment)]
          .joined(separator: "\n"),
        routes: everything(to: "to: archive, proof: commitment"))
    }

    /// Prints what it took, and checks what was resident.
    private func tell(_ escrow: EscrowProcess, _ what: String, since start: ContinuousClock.Instant, before: Int) {
      let peak = escrow.peakResidentBytes
      Torture.report("\(what): \(start.duration(to: .now)), \(peak >> 20) MiB resident at most, \(before >> 20) before")
      #expect(peak > 0 && peak < Self.resident << 20)
    }
  }
}
