import DICOM
import EscrowCore
import EscrowEngine
import EscrowSpool
import EscrowTesting
import Foundation
import NIOPosix
import Testing

/// A ledger made anew from files.
@Suite final class RebuildTests {
  private let directory: TemporaryDirectory
  private let spool: Spool
  private let ledger = MemoryLedger()

  init() throws {
    directory = try TemporaryDirectory()
    spool = try Spool.open(path: directory.path, pool: .singleton)
  }

  deinit { try? directory.remove() }

  @discardableResult
  private func write(_ sample: SampleInstance, finished: Bool = true) throws -> InstanceID {
    let id = InstanceID.new(at: .now())
    var file = try spool.file(
      id: id, sop: sample.sop, transferSyntax: sample.transferSyntax.uid,
      source: Source(callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: "ct1", association: "a"),
      receivedAt: Timestamp(microseconds: 1_764_000_000_000_000))
    try sample.dataSet.withUnsafeBytes { try file.write($0) }
    if finished { _ = try file.complete() }
    return id
  }

  private func rebuild(routes: [Route]) async throws -> Rebuild.Summary {
    try await Rebuild(of: spool, into: ledger, routes: RouteTable(routes: routes), pool: .singleton)
      .run(try spool.inventory().files) { _ in }
  }

  private var route: Route {
    Route(
      name: "all", match: .all([]), sends: [.init(to: "archive", proof: .commitment)], retention: .after(.zero))
  }

  @Test func everyWholeFileIsAnInstanceAgain() async throws {
    var ids: [InstanceID] = []
    for seed in 1...150 { ids.append(try write(SampleInstance(seed: UInt64(seed)))) }
    let summary = try await rebuild(routes: [route])
    #expect(summary.routed == 150 && summary.held == 0 && summary.unusable == [])
    let instance = try await ledger.instance(ids[0])
    #expect(instance?.recovered == true && instance?.state == .inTransit)
    #expect(instance?.source.peer == "ct1" && instance?.receivedAt.microseconds == 1_764_000_000_000_000)
    #expect(instance?.pin?.contains("confirm") == true)
    let queued = try await ledger.count(DeliveryFilter(states: [.queued]))
    #expect(queued == 150)
  }

  @Test func whatNoRouteTakesIsHeld() async throws {
    try write(SampleInstance())
    let summary = try await rebuild(routes: [])
    #expect(summary.held == 1)
    #expect(try await ledger.status().instances == [.held: 1])
  }

  @Test func otherFilesAreToldAndStay() async throws {
    let sample = SampleInstance()
    let whole = try write(sample)
    let same = try write(sample)
    let unfinished = try write(SampleInstance(seed: 2), finished: false)
    let summary = try await rebuild(routes: [route])
    #expect(summary.routed == 1 && summary.repeated == 1)
    #expect(summary.unusable.map(\.file) == [unfinished])
    #expect(Set(try spool.inventory().files) == [whole, same, unfinished])
  }

  @Test func doneTwiceItIsTheSame() async throws {
    for seed in 1...3 { try write(SampleInstance(seed: UInt64(seed))) }
    _ = try await rebuild(routes: [route])
    let again = try await rebuild(routes: [route])
    #expect(again.routed == 3)
    #expect(try await ledger.status().instances == [.inTransit: 3])
  }

  @Test func completeOrphansCanBeTakenBack() async throws {
    let whole = try write(SampleInstance())
    let cut = try write(SampleInstance(seed: 2), finished: false)
    for id in [whole, cut] { try spool.moveToOrphans(id) }
    #expect(try spool.completeOrphans() == [whole])
    #expect(try spool.takeBack(orphan: whole))
    #expect(Array(try spool.inventory().files) == [whole])
    #expect(try spool.completeOrphans() == [])
  }
}
