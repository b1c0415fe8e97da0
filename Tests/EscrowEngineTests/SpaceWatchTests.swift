import EscrowConfiguration
import EscrowCore
import EscrowSpool
import EscrowTesting
import Glibc
import NIOPosix
import Testing

@testable import EscrowEngine

/// Both file systems, their ballast, and writes that fail.
@Suite struct SpaceWatchTests {
  private static let start = MonotonicTime(nanoseconds: 0)
  private static let room = DiskUsage(
    freeBytes: 900 << 20, totalBytes: 1000 << 20, freeInodes: 0, totalInodes: 0, device: 1)
  private static let otherRoom = DiskUsage(
    freeBytes: 900 << 20, totalBytes: 1000 << 20, freeInodes: 0, totalInodes: 0, device: 2)
  private static let full = DiskUsage(
    freeBytes: 40 << 20, totalBytes: 1000 << 20, freeInodes: 0, totalInodes: 0, device: 2)

  /// A watch over a spool and a ledger on disks that say what the test wants.
  private struct Scene {
    let directory: TemporaryDirectory
    let spoolDisk = FaultyDisk(PosixDisk())
    let ledgerDisk = FaultyDisk(PosixDisk())
    let spool: Spool
    let watch: SpaceWatch

    init() throws {
      directory = try TemporaryDirectory()
      spoolDisk.pretend(SpaceWatchTests.room)
      ledgerDisk.pretend(SpaceWatchTests.otherRoom)
      spool = try Spool.open(path: directory.path + "/spool", disk: spoolDisk, pool: .singleton)
      let ledger = try Volume.ofLedger(at: directory.path + "/ledger/escrow.db", disk: ledgerDisk)
      watch = SpaceWatch([spool.volume, ledger], settings: Settings.SpoolSettings())
    }

    func ballast(_ name: String) -> Int { directory.files(in: ".", suffix: name).count }
  }

  @Test func theLedgersDiskCountsAsTheSpoolsDoes() throws {
    let scene = try Scene()
    scene.watch.look(at: Self.start)
    #expect(scene.watch.refusal == nil)
    #expect(scene.watch.reports.map(\.content) == ["spool", "ledger"])
    scene.ledgerDisk.pretend(Self.full)
    scene.watch.look(at: Self.start)
    #expect(scene.watch.refusal == "the ledger's disk is full; try again later")
    #expect(scene.watch.reports.map(\.level) == [.enough, .full])
    #expect(scene.watch.reports[1].reason?.contains("stopWatermark") == true)
    scene.ledgerDisk.pretend(Self.otherRoom)
    scene.watch.look(at: Self.start)
    #expect(!scene.watch.isFull)
  }

  @Test func oneFileSystemForBothIsToldOfOnce() throws {
    let scene = try Scene()
    scene.ledgerDisk.pretend(Self.room)
    scene.watch.look(at: Self.start)
    #expect(scene.watch.reports.map(\.content) == ["spool and ledger"])
    #expect(scene.ballast("-ballast") == 0, "the spool's is enough")
  }

  @Test func theBallastIsGivenUpWhenTheLedgerNeedsItAndMadeAgainWhenThereIsRoom() throws {
    let scene = try Scene()
    scene.watch.look(at: Self.start)
    #expect(scene.ballast("spool.ballast") == 1 && scene.ballast("escrow.db-ballast") == 1)
    var usage = Self.full
    usage.freeBytes = 0
    scene.ledgerDisk.pretend(usage)
    scene.watch.look(at: Self.start)
    #expect(scene.ballast("escrow.db-ballast") == 1, "who else fills the disk does not get it")
    #expect(scene.watch.note(LedgerError.notWritten(cause: "full", isFull: true), at: Self.start))
    scene.watch.look(at: Self.start)
    #expect(scene.ballast("spool.ballast") == 1 && scene.ballast("escrow.db-ballast") == 0)
    usage.freeBytes = 60 << 20
    scene.ledgerDisk.pretend(usage)
    scene.watch.look(at: Self.start + .seconds(61))
    #expect(scene.watch.isFull, "what the ballast must get back is not free")
    #expect(scene.ballast("escrow.db-ballast") == 0)
    usage.freeBytes = 80 << 20
    scene.ledgerDisk.pretend(usage)
    scene.watch.look(at: Self.start + .seconds(62))
    #expect(!scene.watch.isFull)
    #expect(scene.ballast("escrow.db-ballast") == 1)
  }

  @Test func whereBothShareADiskTheLedgersNeedIsTheSpools() throws {
    let scene = try Scene()
    scene.ledgerDisk.pretend(Self.room)
    scene.watch.look(at: Self.start)
    #expect(scene.watch.note(LedgerError.notWritten(cause: "full", isFull: true), at: Self.start))
    scene.watch.look(at: Self.start)
    #expect(scene.ballast("spool.ballast") == 0)
    #expect(scene.watch.reports.map(\.level) == [.full])
  }

  @Test func anInstanceThatDoesNotFitIsToldOfForAWhile() throws {
    let scene = try Scene()
    scene.watch.look(at: Self.start)
    let error = SpoolError.disk(operation: "write", path: "x", errno: ENOSPC)
    #expect(scene.watch.note(error, at: Self.start))
    scene.watch.look(at: Self.start + .seconds(1))
    #expect(scene.ballast("spool.ballast") == 1)
    #expect(!scene.watch.isFull, "there is room, perhaps not for that instance or because of a quota")
    #expect(scene.watch.reports[0].level == .full, "people are told")
    #expect(scene.watch.reports[0].reason?.contains("No space left on device") == true)
    scene.watch.look(at: Self.start + .seconds(61))
    #expect(scene.watch.reports[0].level == .enough)
  }

  @Test func onlyTheDisksOwnErrorsAreNoted() throws {
    let scene = try Scene()
    #expect(scene.watch.note(LedgerError.notWritten(cause: "disk I/O error", isFull: false), at: Self.start))
    #expect(!scene.watch.note(SpoolError.tooLarge(limit: 1), at: Self.start))
    #expect(!scene.watch.note(SpoolError.disk(operation: "open", path: "x", errno: ENOENT), at: Self.start))
    #expect(!scene.watch.note(LedgerError.closed, at: Self.start))
    #expect(scene.watch.reports.map(\.level) == [.enough, .full])
  }

  @Test func whatCannotBeMeasuredTakesNothing() throws {
    let scene = try Scene()
    scene.spoolDisk.fail { operation, _ in operation == "measure" ? EIO : nil }
    scene.watch.look(at: Self.start)
    #expect(scene.watch.refusal == "the spool's disk cannot be read; try again later")
    scene.spoolDisk.fail(nil)
    scene.watch.look(at: Self.start)
    #expect(!scene.watch.isFull)
  }

  @Test(arguments: [ENOSPC, EIO, EROFS]) func noFailureWithTheBallastLastsOrHurts(code: Int32) throws {
    for operation in ["create", "reserve", "sync", "sync directory", "remove", "open", "examine"] {
      let scene = try Scene()
      scene.spoolDisk.fail { called, _ in called == operation ? code : nil }
      scene.watch.look(at: Self.start)
      scene.spoolDisk.fail(nil)
      scene.watch.look(at: Self.start)
      #expect(!scene.watch.isFull, "\(operation)")
      #expect(scene.ballast("spool.ballast") == 1, "\(operation)")
    }
  }
}
