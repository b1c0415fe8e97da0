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
  /// What may leave at night only leaves at any time.
  case ignoresWindows
  /// What may have arrived is sent to the alternative all the same.
  case replacesTheUnknown
  /// What goes to the alternative counts as there at once.
  case givesUpWhatItReplaces
  /// What was refused for its class fails, instead of waiting for an operator.
  case failsWhatIsRefused
  /// A class that was refused is offered again and again.
  case offersWhatIsRefused
  /// A query that does not find an instance is taken for one that does.
  case findsWhatIsMissing
  /// A query that fails is taken for one that finds.
  case findsByFailure
  /// What was found once counts for good.
  case neverLooksAgain
  /// An edited copy is as good as the original.
  case purgesTheOriginal
  /// Doubtful failures have no limit.
  case countsNothing
  /// Whatever comes is too old.
  case forgetsAge

  /// What shows it; anything when that is empty.
  private var telling: [TrafficKind] {
    switch self {
    case .ignoresWindows: [.nm, .px]
    case .replacesTheUnknown, .givesUpWhatItReplaces: [.xa, .dx, .rf, .px]
    case .failsWhatIsRefused, .offersWhatIsRefused: [.sr, .es, .xc]
    case .findsWhatIsMissing, .findsByFailure: [.pt, .es, .rf]
    case .neverLooksAgain: [.es]
    case .purgesTheOriginal: [.op, .mg]
    case .countsNothing, .forgetsAge: [.ct, .sr, .us]
    default: []
    }
  }

  var kinds: [TrafficKind] { telling.isEmpty ? TrafficKind.allCases : telling }

  /// What it is found out by.
  var words: String {
    switch self {
    case .purgesWithoutProof, .takesSilenceForSuccess, .hearsOnlySuccess, .findsWhatIsMissing, .findsByFailure:
      "has not proved"
    case .losesInstances: "LOST"
    case .tellsTwice: "told"
    case .ignoresWindows: "outside its window"
    case .replacesTheUnknown: "which may have it"
    case .givesUpWhatItReplaces: "nobody wished that"
    case .failsWhatIsRefused: "was to wait for an operator"
    case .offersWhatIsRefused: "refused its class"
    case .neverLooksAgain: "last found to have it"
    case .purgesTheOriginal: "as it came"
    case .countsNothing: "is tried again after more than"
    case .forgetsAge: "too old, and is not"
    }
  }

  func ledger(_ ledger: any Ledger) -> any Ledger {
    switch self {
    case .purgesWithoutProof: UnprovenPurges(ledger: ledger)
    case .losesInstances: Losses(ledger: ledger)
    case .tellsTwice: Repetitions(ledger: ledger)
    case .takesSilenceForSuccess: Hopes(ledger: ledger)
    case .hearsOnlySuccess: DeafReports(ledger: ledger)
    case .ignoresWindows: AlteredClaims(ledger: ledger) { $0.terms.timetable = nil }
    case .replacesTheUnknown: AlteredOutcomes(ledger: ledger) { $0.mayBeThere = false }
    case .givesUpWhatItReplaces: HastyReplacements(ledger: ledger)
    case .failsWhatIsRefused:
      AlteredOutcomes(ledger: ledger) {
        if case .held(let reason, _) = $0.result { $0.result = .failed(reason: reason) }
      }
    case .offersWhatIsRefused: AlteredClaims(ledger: ledger) { $0.sop = $0.sop.ofAnotherClass }
    case .findsWhatIsMissing: AlteredFindings(ledger: ledger) { $0 == .notFound ? .found : $0 }
    case .findsByFailure: AlteredFindings(ledger: ledger) { $0 == .notFound ? $0 : .found }
    case .neverLooksAgain: LastingFindings(ledger: ledger)
    case .purgesTheOriginal: AcceptedEdits(ledger: ledger)
    case .countsNothing: AlteredClaims(ledger: ledger) { $0.doubtfulFailures = 0 }
    case .forgetsAge: AlteredClaims(ledger: ledger) { $0.receivedAt = Timestamp(microseconds: 0) }
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
