import DICOM
import DICOMNetwork
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowSpool
import EscrowTesting
import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import Testing

/// Every call to the disk that recovery makes fails once: the next start finds everything that was acknowledged.
@Suite struct RecoveryFaultTests {
  /// What a process left that was killed: an acknowledged instance, a whole file without a row, half a file, and a purge
  /// whose intent is durable.
  private struct Remains {
    let directory: TemporaryDirectory
    let disk = FaultyDisk(PosixDisk())
    let ledger = MemoryLedger()
    let context: EngineContext
    let acknowledged: InstanceID
    let whole: InstanceID
    let half: InstanceID
    let purging: InstanceID

    init() async throws {
      directory = try TemporaryDirectory()
      var settings = Settings()
      settings.spool.path = directory.path + "/spool"
      let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
      let spool = try Spool.open(path: settings.spool.path, disk: disk, pool: .singleton)
      context = EngineContext(
        settings: settings, ledger: ledger, spool: spool,
        connector: AssociationConnector(
          group: .singletonMultiThreadedEventLoopGroup, ioPool: .singleton, logger: logger),
        pool: .singleton, logger: logger)
      acknowledged = try await Self.receive(1, in: spool, ledger, plan: RoutingPlan(deliveries: []))
      whole = try await Self.receive(2, in: spool, ledger, plan: nil)
      purging = try await Self.receive(
        3, in: spool, ledger,
        plan: RoutingPlan(deliveries: [.init(to: "archive", proof: .response)], retention: .after(.zero)))
      half = .new(at: .now())
      var file = try Self.file(half, SampleInstance(seed: 4), in: spool)
      try SampleInstance(seed: 4).dataSet.prefix(100).withUnsafeBytes { try file.write($0) }
      try await beginPurge()
    }

    /// The archive has it, and the purge got as far as its intent.
    private func beginPurge() async throws {
      let claims = try await ledger.claim("archive", limit: 1, lease: MonotonicTime(nanoseconds: .max), now: .now())
        .claims
      let outcomes = claims.map {
        AttemptOutcome(key: $0.key, result: .stored(discardedElements: false), startedAt: .now())
      }
      try await ledger.record(outcomes, now: .now())
      _ = try await ledger.beginPurge(limit: 9, now: .now())
      #expect(try await ledger.instance(purging)?.state == .purging)
    }

    private static let source = Source(
      callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: nil, association: "a-1")

    private static func file(_ id: InstanceID, _ sample: SampleInstance, in spool: Spool) throws -> FileInProgress {
      try spool.file(
        id: id, sop: sample.sop, transferSyntax: sample.transferSyntax.uid, source: source, receivedAt: .now())
    }

    private static func receive(
      _ seed: UInt64, in spool: Spool, _ ledger: MemoryLedger, plan: RoutingPlan?
    ) async throws -> InstanceID {
      let sample = SampleInstance(seed: seed)
      let id = InstanceID.new(at: .now())
      var file = try file(id, sample, in: spool)
      try sample.dataSet.withUnsafeBytes { try file.write($0) }
      let spooled = try file.complete()
      guard let plan else { return id }
      let admission = Admission(
        id: id, sop: sample.sop, transferSyntax: sample.transferSyntax.uid, attributes: InstanceAttributes(),
        source: source, receivedAt: .now(), dataSetLength: spooled.dataSetLength, digest: spooled.digest,
        plan: plan)
      _ = try await ledger.admit(admission, now: .now())
      return id
    }

    func isThere(_ id: InstanceID, in folder: String) -> Bool {
      directory.files(in: "spool/\(folder)", suffix: "\(id).dcm").count == 1
    }

    func shard(of id: InstanceID) -> String { String(id.rawValue.suffix(2)) }
  }

  private static let codes = [EIO, ENOSPC, EROFS]

  /// How many calls a recovery makes of which kind.
  private static func calls() async throws -> [String] {
    let remains = try await Remains()
    let before = remains.disk.calls.count
    _ = try await Recovery(context: remains.context).run()
    return Array(remains.disk.calls[before...])
  }

  @Test(arguments: codes) func whicheverCallFailsTheNextStartHasEverything(code: Int32) async throws {
    let calls = try await Self.calls()
    // The listing of 256 directories repeats itself; all that is not of it is tried.
    let listing: Set<String> = ["open directory", "sync directory", "list"]
    let chosen = calls.indices.filter {
      !listing.contains(calls[$0]) || $0 % 97 == 0 || $0 < 8 || $0 > calls.count - 40
    }
    #expect(Set(chosen.map { calls[$0] }).isSuperset(of: listing.union(["remove", "rename", "open", "read", "sync"])))
    for index in chosen {
      let remains = try await Remains()
      let count = NIOLockedValueBox(0)
      remains.disk.fail { _, _ in
        count.withLockedValue {
          $0 += 1
          return $0 == index + 1 ? code : nil
        }
      }
      _ = try? await Recovery(context: remains.context).run()
      remains.disk.fail(nil)
      _ = try await Recovery(context: remains.context).run()
      try await expectEverything(of: remains, "\(calls[index]) (\(index))")
    }
  }

  private func expectEverything(of remains: Remains, _ failed: String) async throws {
    let ledger = remains.ledger
    #expect(try await ledger.instance(remains.acknowledged)?.state == .held, "\(failed)")
    #expect(remains.isThere(remains.acknowledged, in: remains.shard(of: remains.acknowledged)), "\(failed)")
    #expect(try await ledger.instance(remains.purging)?.state == .purged, "\(failed)")
    #expect(!remains.isThere(remains.purging, in: remains.shard(of: remains.purging)), "\(failed)")
    // Nobody was told of it: it is taken in, or kept for people when it could not be read.
    let wasAdmitted = try await ledger.instance(remains.whole) != nil
    #expect(remains.isThere(remains.whole, in: wasAdmitted ? remains.shard(of: remains.whole) : "orphans"), "\(failed)")
    #expect(remains.isThere(remains.half, in: "orphans"), "\(failed)")
  }
}
