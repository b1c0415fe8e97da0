import DICOM
import EscrowCore
import EscrowSpool
import EscrowTesting
import Foundation
import Glibc
import Testing

@Suite struct RecoveryTests {
  private let temporary: TemporarySpool

  init() throws { temporary = try TemporarySpool() }

  private func make(_ path: String, _ bytes: [UInt8] = [1, 2, 3]) throws {
    try Data(bytes).write(to: URL(filePath: temporary.directory.path + "/" + path))
  }

  @Test func listsFilesInTheOrderOfTheirNames() async throws {
    var ids: [InstanceID] = []
    for offset in 0..<40 {
      ids.append(InstanceID.new(at: Timestamp(microseconds: Int64(offset) * 1_000_000)))
      _ = try await temporary.write(pattern(10), as: ids[offset])
    }
    let inventory = try temporary.spool.inventory()
    #expect(Array(inventory.files) == ids)
    #expect(inventory.unknown == [])
  }

  @Test func reportsWhatIsNotOursAndLeavesItAlone() async throws {
    let file = try await temporary.write(pattern(10), as: .any())
    let wrongShard = "0198a000-0000-7000-8000-0000000000aa"
    for path in ["notes.txt", "00/README", "ab/\(wrongShard).dcm", "01/\(wrongShard.uppercased()).dcm"] {
      try make(path)
    }
    let inventory = try temporary.spool.inventory()
    #expect(Array(inventory.files) == [file.id])
    #expect(
      inventory.unknown
        == ["00/README", "01/\(wrongShard.uppercased()).dcm", "ab/\(wrongShard).dcm", "notes.txt"])
  }

  @Test func aCompleteFileTellsEverythingNeededToAdmitIt() async throws {
    let bytes = pattern(2_500_000)
    let file = try await temporary.write(bytes, as: .any())
    let observer = Recorder()
    let inspection = try temporary.spool.inspect(file.id, observer: observer)
    #expect(
      inspection
        == .complete(
          SpoolRecord(
            id: file.id, sop: Spool.sampleSOP, transferSyntax: "1.2.840.10008.1.2.1", source: Spool.sampleSource,
            receivedAt: Spool.sampleTime, dataSetLength: 2_500_000, digest: file.digest)))
    #expect(observer.bytes == bytes)
  }

  @Test func aFileThatWasNotFinishedIsIncomplete() throws {
    let id = InstanceID.any()
    var file = try temporary.spool.file(for: id)
    try pattern(5000).withUnsafeBytes { try file.write($0) }
    #expect(try temporary.spool.inspect(id) == .incomplete(reason: "its header is not that of a complete spool file"))
  }

  /// After a power cut the envelope may be there and some bytes not.
  @Test func aCompleteEnvelopeOverOtherBytesIsIncomplete() async throws {
    let file = try await temporary.write(pattern(5000), as: .any())
    var bytes = try temporary.contents(of: file.id)
    bytes.replaceSubrange(2000..<2512, with: repeatElement(0, count: 512))
    try temporary.replace(file.id, with: bytes)
    #expect(try temporary.spool.inspect(file.id) == .incomplete(reason: "its bytes are not those received"))
  }

  /// Linux reports a failed write-back once; afterwards memory has the bytes, and the device perhaps not.
  @Test func aFileWhoseSyncFailedIsWholeOnlyIfTheDeviceHasIt() throws {
    var lost = 0
    for seed in 0..<16 as Range<UInt64> {
      let disk = SimulatedDisk(seed: seed)
      _ = try Spool.open(path: "/spool", disk: disk, pool: .none)
      let failing = StormyDisk(disk) { call in
        let fails = call.operation == .sync && call.path.hasSuffix(".dcm") || call.operation == .remove
        return fails ? .error(EIO, takesEffect: false) : nil
      }
      var file = try Spool.open(path: "/spool", disk: failing, pool: .none).file(for: .any())
      try pattern(900).withUnsafeBytes { try file.write($0) }
      #expect(throws: SpoolError.self) { try file.complete() }
      file.discard()
      let later = disk.killed()
      let spool = try Spool.open(path: "/spool", disk: later, pool: .none)
      let found = try #require(try spool.inventory().files.first)
      #expect(throws: Never.self) { try spool.verify(found) }
      let path = [String(found.rawValue.suffix(2)), "\(found).dcm"]
      let isThere = later.durableBytes(at: path) == later.bytes(at: path)
      if case .complete = try spool.inspect(found) { #expect(isThere) } else { #expect(!isThere) }
      if !isThere { lost += 1 }
    }
    #expect(lost > 0)
  }

  @Test func aLinkInAFilesPlaceIsIncomplete() throws {
    let id = InstanceID.any()
    symlink("/etc/passwd", temporary.path(of: id))
    #expect(try temporary.spool.inspect(id) == .incomplete(reason: "it is a symbolic link"))
    try temporary.spool.moveToOrphans(id)
    #expect(try temporary.spool.inventory().files.isEmpty)
  }

  @Test func orphansAreKeptForAWhile() async throws {
    let disk = SimulatedDisk()
    let spool = try Spool.open(path: "/spool", disk: disk, pool: .singleton)
    let ids = [InstanceID.any(), InstanceID.any()]
    for (day, id) in zip([1, 5], ids) {
      disk.now = Timestamp(microseconds: 0)
      var file = try spool.file(for: id)
      try pattern(100).withUnsafeBytes { try file.write($0) }
      disk.now = Timestamp(microseconds: 0) + .days(day)
      try spool.moveToOrphans(id)
    }
    #expect(spool.isEmpty)
    let week = Duration.days(7)
    #expect(try spool.sweepOrphans(olderThan: week, now: Timestamp(microseconds: 0) + .days(7)) == 0)
    #expect(try spool.sweepOrphans(olderThan: week, now: Timestamp(microseconds: 0) + .days(9)) == 1)
    #expect(try spool.sweepOrphans(olderThan: week, now: Timestamp(microseconds: 0) + .days(13)) == 1)
  }

  @Test func theRealClockCountsFromWhenAnOrphanWasPutAside() throws {
    let id = InstanceID.any()
    try make("\(id.rawValue.suffix(2))/\(id).dcm")
    try make("orphans/notes.txt")
    try temporary.spool.moveToOrphans(id)
    #expect(try temporary.spool.sweepOrphans(olderThan: .days(7), now: .now()) == 0)
    #expect(try temporary.spool.sweepOrphans(olderThan: .days(7), now: .now() + .days(8)) == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.directory.path + "/orphans") == ["notes.txt"])
  }
}

extension Spool {
  fileprivate var isEmpty: Bool { (try? inventory().files.isEmpty) == true }
}

/// What is removed, and what only looks as if it were to be.
@Suite struct RemovalTests {
  private let temporary: TemporarySpool

  init() throws { temporary = try TemporarySpool() }

  private var orphans: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: temporary.directory.path + "/orphans").sorted()) ?? []
  }

  @Test func aDamagedCopyMayGo() async throws {
    let file = try await temporary.write(pattern(5000), as: .any())
    try temporary.replace(file.id, with: [1, 2, 3])
    try await temporary.spool.remove([file.id])
    #expect(try temporary.directory.instanceFiles() == [])
  }

  @Test func anotherInstancesFileUnderThatNameIsPutAside() async throws {
    let (first, second) = (
      try await temporary.write(pattern(5000), as: .any()), try await temporary.write(pattern(600), as: .any())
    )
    let bytes = try temporary.contents(of: second.id)
    try temporary.replace(first.id, with: bytes)
    try await temporary.spool.remove([first.id])
    #expect(orphans == ["\(first.id).dcm"])
    try temporary.spool.verify(second.id)
  }

  @Test func aFolderOrALinkUnderThatNameStopsNothing() async throws {
    let ids = [InstanceID.any(), .any()]
    try FileManager.default.createDirectory(
      atPath: temporary.path(of: ids[0]) + "/inside", withIntermediateDirectories: true)
    symlink("/etc/passwd", temporary.path(of: ids[1]))
    let file = try await temporary.write(pattern(5000), as: .any())
    try await temporary.spool.remove(ids + [file.id])
    #expect(try temporary.spool.inventory().files.isEmpty)
    #expect(orphans == ["\(ids[0]).dcm"])
    #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
    #expect(try temporary.spool.sweepOrphans(olderThan: .zero, now: .now() + .days(1)) == 0)
  }
}

/// The file that says which spool it is.
@Suite struct IdentityTests {
  private let temporary: TemporarySpool

  init() throws { temporary = try TemporarySpool() }

  @Test func filesWithoutItAreNotTakenForANewSpool() async throws {
    let path = try TemporaryDirectory()
    let file: InstanceID = .any()
    do {
      let spool = try Spool.open(path: path.path, pool: .singleton)
      var writing = try spool.file(for: file)
      try pattern(100).withUnsafeBytes { try writing.write($0) }
      _ = try writing.complete()
    }
    try FileManager.default.removeItem(atPath: path.path + "/spool.id")
    let error = SpoolError.missingIdentity(path: path.path + "/spool.id")
    #expect(throws: error) { try Spool.open(path: path.path, pool: .singleton) }
    #expect(error.description.contains("escrow rebuild"))
    #expect(throws: error) { try SpoolIdentity.find(at: path.path) }
    let adopted = try Spool.open(path: path.path, pool: .singleton, adopting: true)
    #expect(try SpoolIdentity.find(at: path.path) == adopted.identity)
  }

  @Test func lookingForASpoolMakesNone() throws {
    let path = try TemporaryDirectory()
    #expect(try SpoolIdentity.find(at: path.path) == nil)
    #expect(try SpoolIdentity.find(at: path.path + "/none") == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path.path) == [])
    #expect(try SpoolIdentity.find(at: temporary.directory.path) == temporary.spool.identity)
  }
}
