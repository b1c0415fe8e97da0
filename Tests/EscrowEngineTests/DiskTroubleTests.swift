import DICOM
import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowSpool
import EscrowTesting
import Glibc
import NIOConcurrencyHelpers
import Testing

/// The whole road on a disk that is full, read-only or broken: what senders are told, what goes on, and that it all
/// mends itself.
@Suite struct DiskTroubleTests {
  private static let codes = [ENOSPC, EIO, EROFS]
  /// What changes something on the disk.
  private static let changes: Set<String> = [
    "create", "write", "reserve", "sync", "sync directory", "remove", "rename", "make directory",
  ]
  private static let room = DiskUsage(freeBytes: 900 << 20, totalBytes: 1 << 30, freeInodes: 900, totalInodes: 1000)

  private func run(
    _ disk: FaultyDisk, _ body: (RunningEngine, StoringArchive) async throws -> Void
  ) async throws {
    try await StoringArchive.run { archive in
      try await RunningEngine.run(
        peers: [.scanner, .archive(port: archive.port)], routes: [.everythingPurged], disk: disk,
        adapt: { $0.spool.stopWatermark = .percent(10) }
      ) { engine in try await body(engine, archive) }
    }
  }

  private func isPurged(_ sample: SampleInstance, in engine: RunningEngine) async throws -> Bool {
    let filter = InstanceFilter(sopInstanceUID: sample.sop.instanceUID)
    let instances = try await engine.ledger.instances(filter, page: PageRequest()).items
    return !instances.isEmpty && instances.allSatisfy { $0.instance.state == .purged }
  }

  // MARK: One call fails, each in turn

  /// Fails the n-th call on the road of one instance; those of the watch do not count.
  private final class NthCall: Sendable {
    private let left: NIOLockedValueBox<Int>
    let failed = NIOLockedValueBox<String?>(nil)

    init(_ number: Int) { left = NIOLockedValueBox(number) }

    func rule(_ code: Int32) -> FaultyDisk.Rule {
      { operation, path in
        if operation == "measure" || operation == "reserve" || path.contains("ballast") { return nil }
        let isIt = self.left.withLockedValue { left in
          left -= 1
          return left == 0
        }
        if isIt { self.failed.withLockedValue { $0 = operation } }
        return isIt ? code : nil
      }
    }
  }

  @Test(arguments: codes) func whicheverCallFailsTheInstanceArrivesAndIsPurged(code: Int32) async throws {
    let disk = FaultyDisk(PosixDisk())
    try await run(disk) { engine, archive in
      var failures: [String] = []
      for number in 1...200 {
        let sample = SampleInstance(seed: UInt64(number), pixelBytes: 700_000)
        let call = NthCall(number)
        disk.fail(call.rule(code))
        try await sendUntilPurged(sample, engine)
        disk.fail(nil)
        #expect(archive[sample.sop.instanceUID] == sample.dataSet, "call \(number)")
        guard let operation = call.failed.withLockedValue({ $0 }) else { break }
        failures.append(operation)
      }
      try await engine.eventually("an empty spool") { try engine.spooledFiles().isEmpty }
      #expect(Set(failures).isSuperset(of: ["create", "write", "sync", "sync directory", "read", "remove"]))
      #expect(failures.count >= 12 && failures.count < 200)
    }
  }

  /// As a modality does: sends again what was refused. A file that cannot be read at all is damaged until the same
  /// bytes come again.
  private func sendUntilPurged(_ sample: SampleInstance, _ engine: RunningEngine) async throws {
    try await engine.eventually("\(sample.sop.instanceUID) purged") {
      let filter = InstanceFilter(sopInstanceUID: sample.sop.instanceUID)
      let instances = try await engine.ledger.instances(filter, page: PageRequest()).items
      if instances.isEmpty || instances.contains(where: { $0.instance.state == .damaged }) {
        let status = try await engine.associate().peer.store(sample)
        #expect(status == .success || status == .outOfResources)
      }
      return try await isPurged(sample, in: engine)
    }
  }

  // MARK: One file stays

  @Test func aFileThatCannotBeRemovedKeepsNoOther() async throws {
    let disk = FaultyDisk(PosixDisk())
    try await run(disk) { engine, _ in
      let peer = try await engine.associate().peer
      let samples = (1...3).map { SampleInstance(seed: $0) }
      let stuck = NIOLockedValueBox<String?>(nil)
      disk.fail { operation, name in
        guard operation == "remove", name.hasSuffix(".dcm") else { return nil }
        return stuck.withLockedValue { stuck in
          if stuck == nil { stuck = name }
          return stuck == name ? EACCES : nil
        }
      }
      for sample in samples { #expect(try await peer.store(sample) == .success) }
      try await engine.eventually("the others are purged") {
        try await engine.ledger.status().instances == [.purged: 2, .purging: 1]
      }
      #expect(try engine.spooledFiles().count == 1)
      disk.fail(nil)
      try await engine.eventually("all are purged") {
        try await engine.ledger.status().instances == [.purged: 3]
      }
    }
  }

  // MARK: Every change fails for a while

  @Test(arguments: codes) func aDiskThatRefusesEverythingIsToldAndRecovers(code: Int32) async throws {
    let disk = FaultyDisk(PosixDisk())
    disk.pretend(Self.room)
    try await run(disk) { engine, archive in
      let sample = SampleInstance(seed: 1)
      let peer = try await engine.associate().peer
      disk.fail { operation, _ in Self.changes.contains(operation) ? code : nil }
      #expect(try await peer.store(sample) == .outOfResources)
      // At once: the sender's answer comes after the look.
      let report = engine.context.space.reports.first
      #expect(report?.level == .full)
      #expect(report?.reason?.contains(String(cString: strerror(code))) == true)
      try await engine.eventually("an alarm") {
        try await engine.ledger.alarms().contains { $0.kind == .storageFull }
      }
      #expect(try engine.spooledFiles().isEmpty)
      disk.fail(nil)
      #expect(try await peer.store(sample) == .success)
      try await engine.eventually("purged") { try await isPurged(sample, in: engine) }
      #expect(archive[sample.sop.instanceUID] == sample.dataSet)
    }
  }

  @Test(arguments: ["sync", "sync directory"]) func aFileThatCannotBeMadeDurableIsGoneAndItsSenderTold(
    operation: String
  ) async throws {
    let disk = FaultyDisk(PosixDisk())
    try await run(disk) { engine, _ in
      let peer = try await engine.associate().peer
      for seed in 1...3 as ClosedRange<UInt64> {
        let sample = SampleInstance(seed: seed)
        try await engine.eventually("an empty spool") { try engine.spooledFiles().isEmpty }
        disk.fail { called, _ in called == operation ? EIO : nil }
        #expect(try await peer.store(sample) == .outOfResources)
        #expect(try engine.spooledFiles().isEmpty, "never tried again under the same name")
        disk.fail(nil)
        #expect(
          try await engine.ledger.instances(
            InstanceFilter(sopInstanceUID: sample.sop.instanceUID), page: PageRequest()
          ).items.isEmpty)
        #expect(try await peer.store(sample) == .success)
      }
    }
  }

  @Test func whatIsHereGoesOnWhileNothingIsTaken() async throws {
    let disk = FaultyDisk(PosixDisk())
    disk.pretend(Self.room)
    try await StoringArchive.run { archive in
      try await RunningEngine.run(
        peers: [.scanner, .archive(port: archive.port)], routes: [.everythingPurged], disk: disk,
        adapt: { $0.spool.stopWatermark = .percent(10) }
      ) { engine in
        for shortage in Self.shortages {
          let before = SampleInstance(seed: .random(in: 1 ... .max), pixelBytes: 30_000)
          let peer = try await engine.associate().peer
          disk.fail { operation, _ in operation == "read" ? EAGAIN : nil }
          #expect(try await peer.store(before) == .success)
          disk.pretend(shortage)
          disk.fail(nil)
          try await engine.eventually("full") { engine.context.space.isFull || engine.lookAgain() }
          #expect(try await peer.store(SampleInstance(seed: 99)) == .outOfResources, "on an open association")
          let (late, accept) = try await engine.associate()
          #expect(accept.contexts.map(\.result) == [.acceptance, .noReason, .acceptance])
          try await late.send(.echoRequest(messageID: 1))
          #expect(try await late.nextCommand().statusCode == .success)
          try await engine.eventually("sent and purged") { try await isPurged(before, in: engine) }
          disk.pretend(Self.room)
          try await engine.eventually("room") { !engine.context.space.isFull || engine.lookAgain() }
          #expect(try await peer.store(SampleInstance(seed: .random(in: 1 ... .max))) == .success)
          try await engine.eventually("no alarm") {
            try await !engine.ledger.alarms().contains { $0.kind == .storageFull }
          }
        }
      }
    }
  }

  private static let shortages: [DiskUsage] = [
    DiskUsage(freeBytes: 90 << 20, totalBytes: 1 << 30, freeInodes: 900, totalInodes: 1000),
    DiskUsage(freeBytes: 900 << 20, totalBytes: 1 << 30, freeInodes: 90, totalInodes: 1000),
  ]
}

extension Route {
  /// Everything goes to the archive and is let go of at once.
  fileprivate static let everythingPurged = Route(
    name: "everything", match: .all([]), sends: [.init(to: "archive", proof: .response)], retention: .after(.zero))
}

extension RunningEngine {
  /// Measures now rather than at the next look; false, so that a condition goes on.
  fileprivate func lookAgain() -> Bool {
    context.space.look(at: context.clock.monotonic())
    return false
  }
}
