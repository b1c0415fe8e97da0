import DICOM
import EscrowCore
import EscrowSpool
import EscrowTesting

/// A way to build the road wrong, to show that the simulation notices.
enum SimulationFlaw: String, CaseIterable, Sendable {
  /// Files are not synced.
  case noFileSync
  /// Directories are not synced.
  case noDirectorySync
  /// The ledger's commits are not synced.
  case noCommitSync
  /// The sender is answered before the row is durable.
  case answersBeforeCommit
  /// A report is answered before it is durable.
  case hearsBeforeCommit
  /// Files go when a report arrives, before it is on record.
  case purgesBeforeReport
  /// A query that failed counts as one that found what it was for.
  case believesFailedQueries
  /// `purged` is on record before the file is gone.
  case finishesBeforeUnlinking
  /// What was never acknowledged stays among the files.
  case forgetsOrphans
  /// Whole files without a row are dropped instead of admitted.
  case dropsWholeFiles
  /// What is on record of a copy is forgotten long before its time.
  case forgetsEarly
  /// What is on record of a copy is forgotten when the copy goes.
  case forgetsAtOnce

  var disk: SimulatedDisk.Flaw? {
    switch self {
    case .noFileSync: .ignoresFileSync
    case .noDirectorySync: .ignoresDirectorySync
    default: nil
    }
  }

  /// The disk as the spool gets it.
  func disk(_ disk: any SpoolDisk) -> any SpoolDisk { self == .forgetsOrphans ? UnmovingDisk(disk: disk) : disk }

  /// The ledger as the road gets it.
  func ledger(_ ledger: any Ledger, file: SimulatedLedgerFile, spool: Spool) -> any Ledger {
    switch self {
    case .answersBeforeCommit: EarlyAnswers(ledger: ledger, file: file)
    case .hearsBeforeCommit: EarlyHearing(ledger: ledger, file: file)
    case .purgesBeforeReport: EarlyPurges(ledger: ledger, spool: spool)
    case .believesFailedQueries: Believers(ledger: ledger)
    case .finishesBeforeUnlinking: EarlyEnds(ledger: ledger)
    case .dropsWholeFiles: Droppings(ledger: ledger)
    case .forgetsEarly: Forgetful(ledger: ledger, early: .hours(8))
    case .forgetsAtOnce: Forgetful(ledger: ledger, early: .hours(12))
    default: ledger
    }
  }
}

private struct UnmovingDisk: ForwardingDisk {
  let disk: any SpoolDisk

  func rename(_ name: String, in directory: DiskHandle, to newName: String, in target: DiskHandle) throws {
    if target.path.hasSuffix("orphans") { return }
    try disk.rename(name, in: directory, to: newName, in: target)
  }
}

private struct EarlyAnswers: ForwardingLedger {
  let ledger: any Ledger
  let file: SimulatedLedgerFile

  func admit(_ admission: Admission, now: Timestamp) async throws -> AdmissionResult {
    file.putsOff = true
    defer { file.putsOff = false }
    return try await ledger.admit(admission, now: now)
  }
}

private struct EarlyHearing: ForwardingLedger {
  let ledger: any Ledger
  let file: SimulatedLedgerFile

  func applyReport(
    _ report: CommitmentReport, from reporters: Set<PeerName>, policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) async throws -> ReportResult {
    file.putsOff = true
    defer { file.putsOff = false }
    return try await ledger.applyReport(report, from: reporters, policies: policies, now: now)
  }
}

private struct Believers: ForwardingLedger {
  let ledger: any Ledger

  func recordQueries(
    _ results: [QueryResult], at destination: PeerName, policy: QueryPolicy, now: Timestamp
  ) async throws -> Int {
    let believed = results.map { $0.answer == .notFound ? $0 : QueryResult(key: $0.key, answer: .found) }
    return try await ledger.recordQueries(believed, at: destination, policy: policy, now: now)
  }
}

private struct EarlyEnds: ForwardingLedger {
  let ledger: any Ledger

  func beginPurge(limit: Int, now: Timestamp) async throws -> [PurgeTicket] {
    let tickets = try await ledger.beginPurge(limit: limit, now: now)
    try await ledger.finishPurge(tickets.map(\.instance), now: now)
    return tickets
  }
}

private struct Droppings: ForwardingLedger {
  let ledger: any Ledger

  func admit(_ admission: Admission, now: Timestamp) async throws -> AdmissionResult {
    admission.recovered ? .known(admission.id) : try await ledger.admit(admission, now: now)
  }
}

private struct Forgetful: ForwardingLedger {
  let ledger: any Ledger
  let early: Duration

  func forget(_ term: RecordTerm, from position: RecordPosition, limit: Int) async throws -> ForgettingStep {
    var shortened = term
    shortened.before = term.before + early
    return try await ledger.forget(shortened, from: position, limit: limit)
  }
}
