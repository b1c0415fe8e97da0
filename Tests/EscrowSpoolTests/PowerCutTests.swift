import EscrowCore
import EscrowSpool
import EscrowTesting
import Glibc
import Testing

/// A process that receives, abandons and removes instances dies at every call to the disk in turn, with the power
/// or alone; whatever it said was safe has to be there afterwards.
@Suite struct PowerCutTests {
  /// What the process told others.
  private struct Told {
    var kept: [InstanceID: [UInt8]] = [:]
    var removed: Set<InstanceID> = []
    var ledger: String?
  }

  private enum Death: CaseIterable { case powerCut, kill }

  private static let seeds: UInt64 = 4

  @Test func aFaultlessDiskLosesNothing() throws {
    #expect(try Self.losses(flaw: nil) == [])
  }

  /// The proof that the test above can fail.
  @Test(arguments: SimulatedDisk.Flaw.allCases) func aDiskThatOnlyPretendsToSyncIsNoticed(
    flaw: SimulatedDisk.Flaw
  ) throws {
    #expect(try !Self.losses(flaw: flaw).isEmpty)
  }

  @Test func aSpoolCutOffWhileItIsLaidOutCanBeOpened() throws {
    let counting = FaultyDisk(SimulatedDisk())
    _ = try Self.open(counting)
    for call in Array(stride(from: 1, to: 250, by: 40)) + (250...counting.calls.count) {
      for seed in 0..<Self.seeds {
        let disk = SimulatedDisk(seed: seed)
        let fault = DiskFault(call: call, errno: EIO, takesEffect: seed % 2 == 0, isFatal: true)
        #expect(throws: SpoolError.self) { try Self.open(FaultyDisk(disk, fault)) }
        let spool = try Self.open(disk.powerCut(seed: seed))
        var file = try spool.file(for: .any())
        #expect(throws: Never.self) { try file.complete() }
      }
    }
  }

  /// What was lost, over all calls at which the process can die.
  private static func losses(flaw: SimulatedDisk.Flaw?) throws -> [String] {
    let fresh = SimulatedDisk()
    _ = try open(fresh)
    let laidOut = fresh.with(flaw)
    let counting = FaultyDisk(laidOut.with(flaw))
    _ = work(on: counting)
    var losses: [String] = []
    // Until the directories are known to be there, nothing has happened yet.
    let first = counting.calls.lastIndex(of: "make directory") ?? 0
    for call in first...counting.calls.count + 1 {
      for seed in 0..<seeds {
        for death in Death.allCases {
          let disk = laidOut.with(flaw)
          let fault = DiskFault(call: call, errno: EIO, takesEffect: seed % 2 == 0, isFatal: true)
          let told = work(on: FaultyDisk(disk, fault))
          let found = try check(told, on: after(death, of: disk, seed: seed), seed: seed)
          losses += found.map { "\($0), call \(call), seed \(seed), \(death)" }
        }
      }
    }
    return losses
  }

  private static func open(_ disk: any SpoolDisk, ledgerID: String? = nil) throws -> Spool {
    try Spool.open(path: "/spool", disk: disk, pool: .singleton, ledgerID: ledgerID)
  }

  /// Ends silently where the disk dies; returns what was told until then.
  private static func work(on disk: FaultyDisk) -> Told {
    var told = Told()
    do {
      let spool = try open(disk)
      try spool.pair(withLedger: "L1")
      told.ledger = "L1"
      for (length, suffix) in [(0, "1aa"), (700, "2aa"), (2000, "3aa"), (1500, "4bb")] {
        let id = InstanceID(rawValue: "0198a000-0000-7000-8000-000000000" + suffix)
        let bytes = pattern(length, seed: UInt8(length % 251))
        var file = try spool.file(for: id)
        try bytes.prefix(900).withUnsafeBytes { try file.write($0) }
        try bytes.dropFirst(900).withUnsafeBytes { try file.write($0) }
        _ = try file.complete()
        told.kept[id] = bytes
      }
      var abandoned = try spool.file(for: InstanceID(rawValue: "0198a000-0000-7000-8000-0000000005aa"))
      try pattern(100).withUnsafeBytes { try abandoned.write($0) }
      abandoned.discard()
      for id in told.kept.keys.sorted().prefix(2) {
        told.kept[id] = nil
        try spool.removeBlocking([id])
        told.removed.insert(id)
      }
    } catch {}
    return told
  }

  private static func after(_ death: Death, of disk: SimulatedDisk, seed: UInt64) -> SimulatedDisk {
    switch death {
    case .powerCut: disk.powerCut(seed: seed)
    case .kill: disk.killed()
    }
  }

  /// Recovers, then loses power once more: what recovery found must still be there.
  private static func check(_ told: Told, on disk: SimulatedDisk, seed: UInt64) throws -> [String] {
    guard let spool = try? open(disk) else { return ["the spool itself"] }
    let inventory = try spool.inventory()
    var complete: Set<InstanceID> = []
    for id in inventory.files where told.kept[id] == nil {
      if case .complete = try spool.inspect(id) { complete.insert(id) } else { try spool.moveToOrphans(id) }
    }
    guard let later = try? open(disk.powerCut(seed: seed &+ 1)) else { return ["the spool itself"] }
    var losses = complete.filter { (try? later.verify($0)) == nil }.map { "\($0), which recovery found" }
    for (id, bytes) in told.kept {
      for spool in [spool, later] where (try? spool.open(id).readToEnd()) != bytes { losses.append("\(id)") }
    }
    losses += told.removed.intersection(inventory.files).map { "\($0) came back" }
    if let ledger = told.ledger, spool.identity.ledgerID != ledger { losses.append("the ledger's name") }
    return losses
  }
}
