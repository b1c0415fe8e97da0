import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowTesting
import EscrowSpool

extension Simulation {
  func purge() async throws {
    guard let process else { return }
    let jumps = unseenJumps
    try await PurgeService(context: process.context).purgeDue()
    // The clock guard has looked: a jump from before stops what comes.
    if unseenJumps == jumps, isAlive(process) { unseenJumps = .zero }
  }

  /// What is on record of copies that went long ago is forgotten.
  func forget() async throws {
    guard let process else { return }
    let jumps = unseenJumps
    try await RecordRetention(context: process.context, pause: .zero).forgetDue()
    if unseenJumps == jumps, isAlive(process) { unseenJumps = .zero }
  }

  /// What the upkeep of a running program does to the ledger and the spool.
  func upkeep() async throws {
    guard let context = process?.context else { return }
    _ = try await context.ledger.expireReports(
      policies: context.destinations.commitmentPolicies, now: clock.now)
    try await context.ledger.reviewQueries(policies: context.destinations.queryPolicies, now: clock.now)
    _ = try await context.ledger.expireClaims(at: clock.monotonic, now: clock.now)
    _ = try await context.ledger.advanceStudies(quiet: .seconds(60), now: clock.now)
    _ = try context.spool.sweepOrphans(olderThan: .days(7), now: clock.now)
    try await forget()
  }

  /// The disk damages a file by itself.
  func spoil() {
    guard let file = one(of: machine.files) else { return }
    let path = SimulatedMachine.path(of: file)
    journal.note("the disk damages \(file)")
    oracle.spoiled(file)
    let place = random.next()
    let isShort = chance(30)
    machine.spool.spoil(path) { bytes in
      guard !bytes.isEmpty else { return }
      let index = Int(place % UInt64(bytes.count))
      if isShort { bytes.removeSubrange(index...) } else { bytes[index] ^= 0x20 }
    }
  }
}
