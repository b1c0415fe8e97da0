import DICOM
import DICOMNetwork
import EscrowConfiguration
import EscrowCore
import EscrowSpool
import EscrowTesting
import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import Testing

@testable import EscrowEngine

/// Which files are read again when.
@Suite struct ScrubScheduleTests {
  private let schedule = ScrubSchedule(round: .seconds(2560))

  private func at(_ seconds: Int) -> Timestamp { Timestamp(microseconds: Int64(seconds) * 1_000_000) }

  @Test func everyPartHasOneTurnInARound() {
    let endings = stride(from: 0, to: 2560, by: 10).map { schedule.ending(of: schedule.turn(at: at(25_600 + $0))) }
    #expect(Set(endings).count == 256)
    #expect(endings.first == "00" && endings.last == "ff")
    #expect(schedule.turn(at: at(9)) == 0 && schedule.turn(at: at(10)) == 1)
  }

  @Test func aTurnComesWhenItIsDueAndOnce() {
    #expect(schedule.next(after: 4, now: at(49)) == nil)
    #expect(schedule.next(after: 4, now: at(50)) == 5)
    #expect(schedule.next(after: 4, now: at(99)) == 5)
  }

  @Test func whatWasMissedForLongBeginsANewRound() {
    #expect(schedule.next(after: 4, now: at(100_000)) == 9745)
  }

  @Test func aClockThatIsPutBackStopsNothing() {
    #expect(schedule.next(after: 10_000, now: at(50)) == 5)
  }

  @Test func thePaceIsThatOfTheBytesRead() {
    #expect(ScrubPace(bytesPerSecond: 1_000_000).wait(afterReading: 500_000) == .milliseconds(500))
  }
}

/// What is done about files that are not what was received.
@Suite final class ScrubTests {
  private let directory: TemporaryDirectory
  private let ledger = MemoryLedger()
  private let disk = FaultyDisk(PosixDisk())
  private let spool: Spool
  private static let now = Timestamp(microseconds: 1_790_000_000_000_000)

  init() throws {
    directory = try TemporaryDirectory()
    spool = try Spool.open(path: directory.path + "/spool", disk: disk, pool: .singleton)
  }

  deinit { try? directory.remove() }

  private func scrub(predecessorEnded: Bool = true, at now: Timestamp = now) -> Scrub {
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let group = MultiThreadedEventLoopGroup.singleton
    let context = EngineContext(
      settings: Settings(), ledger: ledger, spool: spool,
      connector: AssociationConnector(group: group, ioPool: .singleton, logger: logger), pool: .singleton,
      clock: EngineClock(now: { now }, monotonic: { MonotonicTime(nanoseconds: 0) }), logger: logger,
      predecessorEnded: predecessorEnded)
    return Scrub(context: context, pace: ScrubPace(bytesPerSecond: .max / 1_000_000, afterFailure: .zero))
  }

  /// An instance with its file, received some days ago; its name ends so that its turn is now, or not.
  private func receive(turn: Bool = true, daysAgo: Int = 3, size: Int = 2_500_000) async throws -> InstanceID {
    let schedule = ScrubSchedule()
    let current = schedule.turn(at: Self.now)
    let ending = schedule.ending(of: turn ? current : current + 7)
    let id = InstanceID(
      rawValue: InstanceID.new(at: Self.now - .days(daysAgo)).rawValue.dropLast(2) + ending)
    let source = Source(callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: nil, association: "a")
    let sop = SOPInstance(
      classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: UID("1.2.3.\(Int.random(in: 1...(.max)))"))
    var file = try spool.file(
      id: id, sop: sop, transferSyntax: "1.2.840.10008.1.2.1", source: source, receivedAt: Self.now)
    try [UInt8](repeating: 7, count: size).withUnsafeBytes { try file.write($0) }
    let spooled = try file.complete()
    _ = try await ledger.admit(
      Admission(
        id: id, sop: sop, transferSyntax: "1.2.840.10008.1.2.1", attributes: .init(), source: source,
        receivedAt: Self.now, dataSetLength: spooled.dataSetLength, digest: spooled.digest,
        plan: RoutingPlan(deliveries: [.init(to: "archive", proof: .commitment)])), now: Self.now)
    return id
  }

  private func path(_ id: InstanceID) -> String { "\(directory.path)/spool/\(id.rawValue.suffix(2))/\(id).dcm" }

  private func state(_ id: InstanceID) async throws -> InstanceState? { try await ledger.instance(id)?.state }

  /// Changes one bit of the last byte.
  private func flip(_ id: InstanceID) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path(id)))
    try handle.seek(toOffset: try handle.seekToEnd() - 1)
    try handle.write(contentsOf: [6])
    try handle.close()
  }

  @Test func aWholeFileStaysAsItIs() async throws {
    let ids = [try await receive(), try await receive(size: 0)]
    try await scrub().proceed()
    for id in ids { #expect(try await state(id) == .inTransit) }
    #expect(try await ledger.alarms().isEmpty)
  }

  enum Damage: CaseIterable { case flipped, cut, longer, missing, link, folder, pipe, another }

  private func damage(_ id: InstanceID, _ damage: Damage) async throws {
    let path = path(id)
    let files = FileManager.default
    switch damage {
    case .flipped: return try flip(id)
    case .cut: truncate(path, 1000)
    case .longer: truncate(path, 3_000_000)
    case .missing: try files.removeItem(atPath: path)
    case .link:
      try files.moveItem(atPath: path, toPath: directory.path + "/elsewhere")
      symlink(directory.path + "/elsewhere", path)
    case .folder:
      try files.removeItem(atPath: path)
      try files.createDirectory(atPath: path, withIntermediateDirectories: false)
    case .pipe:
      try files.removeItem(atPath: path)
      mkfifo(path, 0o600)
    case .another:
      try files.removeItem(atPath: path)
      try files.copyItem(atPath: self.path(try await receive(turn: false)), toPath: path)
    }
  }

  @Test(arguments: Damage.allCases) func damageIsFoundAndTold(_ kind: Damage) async throws {
    let id = try await receive()
    try await damage(id, kind)
    let scrub = scrub()
    for _ in 1...2 { try await scrub.proceed() }
    #expect(try await state(id) == .damaged)
    #expect(try await ledger.alarms().map(\.kind) == [.deliveryFailed, .instanceDamaged])
    let events = try await ledger.events(after: 0, limit: 99).map(\.event.kind)
    #expect(events.filter { $0 == .instanceDamaged }.count == 1)
    let delivery = try await ledger.deliveries(DeliveryFilter(instance: id), page: PageRequest()).items.first?.delivery
    #expect(delivery?.state == .failed && delivery?.reason == "damaged")
  }

  /// A disk that does not answer for a while does not condemn what is on it; one that never does, does.
  @Test(arguments: [(failures: 4, state: InstanceState.inTransit), (5, .damaged)])
  func whatTheDiskDoesNotGiveIsTriedAgain(failures: Int, state expected: InstanceState) async throws {
    let id = try await receive()
    let left = NIOLockedValueBox(failures)
    disk.fail { operation, _ in
      guard operation == "read" else { return nil }
      return left.withLockedValue { left in
        left -= 1
        return left >= 0 ? EIO : nil
      }
    }
    try await scrub().proceed()
    #expect(try await state(id) == expected)
  }

  @Test func onlyThePartWhoseTurnItIsIsRead() async throws {
    let (due, later) = (try await receive(), try await receive(turn: false))
    for id in [due, later] { try flip(id) }
    try await scrub().proceed()
    #expect(try await state(due) == .damaged)
    #expect(try await state(later) == .inTransit)
  }

  @Test func afterADisorderlyEndWhatArrivedLastIsReadFirst() async throws {
    let (recent, older) = (
      try await receive(turn: false, daysAgo: 0), try await receive(turn: false, daysAgo: 2)
    )
    for id in [recent, older] { try flip(id) }
    try await scrub(predecessorEnded: false).proceed()
    #expect(try await state(recent) == .damaged)
    #expect(try await state(older) == .inTransit)
  }

}

/// A running engine reads waiting files again by itself.
@Suite struct RunningScrubTests {
  @Test func aFileThatWasDamagedWhileNothingRanIsFound() async throws {
    let schedule = ScrubSchedule()
    let turn = schedule.turn(at: .now())
    try await RunningEngine.run(prepare: { ledger, settings in
      // The turn may change before the engine runs.
      for ending in [schedule.ending(of: turn), schedule.ending(of: turn + 1)] {
        try await leaveDamaged(ending: ending, ledger, in: settings.spool.path)
      }
    }) { engine in
      try await engine.eventually("damage is found") {
        try await engine.ledger.alarms().contains { $0.kind == .instanceDamaged }
      }
    }
  }

  /// An instance on record whose file is not what was received.
  private func leaveDamaged(ending: String, _ ledger: any Ledger, in path: String) async throws {
    let spool = try Spool.open(path: path, pool: .singleton)
    let now = Timestamp.now()
    let id = InstanceID(rawValue: InstanceID.new(at: now - .days(2)).rawValue.dropLast(2) + ending)
    let source = Source(callingAE: "CT1", calledAE: "ESCROW", address: "10.0.0.7", peer: nil, association: "a")
    let sop = SOPInstance(
      classUID: "1.2.840.10008.5.1.4.1.1.2", instanceUID: UID("1.2.3.\(ending.utf8.reduce(7) { $0 * 256 + Int($1) })"))
    var file = try spool.file(
      id: id, sop: sop, transferSyntax: "1.2.840.10008.1.2.1", source: source, receivedAt: now)
    try [UInt8](repeating: 7, count: 1000).withUnsafeBytes { try file.write($0) }
    let spooled = try file.complete()
    let admission = Admission(
      id: id, sop: sop, transferSyntax: "1.2.840.10008.1.2.1", attributes: .init(), source: source, receivedAt: now,
      dataSetLength: spooled.dataSetLength, digest: spooled.digest,
      plan: RoutingPlan(deliveries: [], hold: "no route took it"))
    _ = try await ledger.admit(admission, now: now)
    truncate("\(path)/\(ending)/\(id).dcm", 900)
  }
}
