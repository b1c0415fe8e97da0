import DICOM
import EscrowCore
import EscrowTesting

/// A way to build the router wrong, to show that the simulated days notice.
enum TrafficFlaw: String, CaseIterable, Sendable {
  /// A copy goes although not every destination has proved that it has it.
  case purgesWithoutProof
  /// An instance is acknowledged and not taken to record.
  case losesInstances
  /// What was told of a study is told again.
  case tellsTwice
  /// No answer is taken for a good one.
  case takesSilenceForSuccess
  /// A report that says no is taken for one that says yes.
  case hearsOnlySuccess

  func ledger(_ ledger: any Ledger) -> any Ledger {
    switch self {
    case .purgesWithoutProof: UnprovenPurges(ledger: ledger)
    case .losesInstances: Losses(ledger: ledger)
    case .tellsTwice: Repetitions(ledger: ledger)
    case .takesSilenceForSuccess: Hopes(ledger: ledger)
    case .hearsOnlySuccess: DeafReports(ledger: ledger)
    }
  }
}

private struct UnprovenPurges: ForwardingLedger {
  let ledger: any Ledger

  func beginPurge(limit: Int, now: Timestamp) async throws -> [PurgeTicket] {
    let open = try await ledger.instances(InstanceFilter(states: [.inTransit]), page: PageRequest(limit: 1)).items
    return try await ledger.beginPurge(limit: limit, now: now)
      + open.map { PurgeTicket(instance: $0.instance.id, file: $0.instance.file) }
  }
}

private struct Losses: ForwardingLedger {
  let ledger: any Ledger

  func admit(_ admission: Admission, now: Timestamp) async throws -> AdmissionResult {
    if admission.digest.low % 41 == 7 { return .admitted(conflicted: false) }
    return try await ledger.admit(admission, now: now)
  }
}

private struct Repetitions: ForwardingLedger {
  let ledger: any Ledger

  func advanceStudies(quiet: Duration, now: Timestamp) async throws -> Timestamp? {
    let before = try await ledger.lastEvent()
    let next = try await ledger.advanceStudies(quiet: quiet, now: now)
    if let told = try await ledger.events(after: before, limit: 1).first { try await ledger.tell(told.event) }
    return next
  }
}

private struct Hopes: ForwardingLedger {
  let ledger: any Ledger

  func record(_ outcomes: [AttemptOutcome], now: Timestamp) async throws {
    var hopeful = outcomes
    for index in hopeful.indices {
      if case .retry(_, let reason, _) = hopeful[index].result, reason.hasPrefix("no answer") {
        hopeful[index].result = .stored(discardedElements: false)
      }
    }
    try await ledger.record(hopeful, now: now)
  }
}

private struct DeafReports: ForwardingLedger {
  let ledger: any Ledger

  func applyReport(
    _ report: CommitmentReport, from reporters: Set<PeerName>, policies: [PeerName: CommitmentPolicy], now: Timestamp
  ) async throws -> ReportResult {
    var deaf = report
    deaf.committed += report.failed.map(\.sop)
    deaf.failed = []
    return try await ledger.applyReport(deaf, from: reporters, policies: policies, now: now)
  }
}
