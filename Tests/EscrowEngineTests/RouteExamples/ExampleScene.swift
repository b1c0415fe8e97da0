import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowTesting
import FoundationEssentials

/// A ledger under the hospital's configuration and some examples as its routes. Times count from its beginning.
struct ExampleScene: Sendable {
  let settings: Settings
  let ledger = MemoryLedger()
  private let start = Timestamp(microseconds: 1_795_000_000_000_000)

  init(_ examples: [String]) throws { settings = try RouteExamples.settings(examples) }

  /// Takes an instance as the routes say.
  func admit(_ instance: TriedInstance, at time: Duration = .zero) async throws {
    let input = try instance.input(for: settings.routes)
    let admission = Admission(
      id: .new(at: start + time), sop: instance.sop, transferSyntax: input.transferSyntax,
      attributes: InstanceAttributes(studyInstanceUID: instance.study, seriesInstanceUID: "1.2.826.7.1"),
      source: input.source, receivedAt: start + time, dataSetLength: 1000,
      digest: Digest(high: 1, low: UInt64(instance.number)), plan: settings.routes.plan(for: input))
    _ = try await ledger.admit(admission, now: start + time)
  }

  /// What is due to be sent to a destination, in order.
  func claims(for destination: PeerName, at time: Duration) async throws -> [Claim] {
    let lease = MonotonicTime(nanoseconds: 1_000_000_000_000)
    return try await ledger.claim(destination, limit: 100, lease: lease, now: start + time).claims
  }

  /// The numbers of the SOP Instance UIDs that are due to be sent to a destination, in order.
  func order(at destination: PeerName) async throws -> [String] {
    try await claims(for: destination, at: .minutes(1)).compactMap {
      $0.sop.instanceUID.rawValue.split(separator: ".").last.map(String.init)
    }
  }

  /// A destination stores what waits for it, and gives the proof that is asked of it.
  func deliver(to destination: PeerName, discarding: Bool = false, at time: Duration) async throws {
    let claims = try await claims(for: destination, at: time)
    let outcomes = claims.map {
      AttemptOutcome(key: $0.key, result: .stored(discardedElements: discarding), startedAt: start + time)
    }
    try await ledger.record(outcomes, now: start + time)
    try await commit(at: destination, at: time)
    try await find(at: destination, at: time)
  }

  private func commit(at destination: PeerName, at time: Duration) async throws {
    var policy = CommitmentPolicy()
    policy.quiet = .zero
    let uid = UID("2.25.\(time.microseconds)")
    guard
      case .opened(let opened) = try await ledger.openTransaction(
        uid, to: destination, policy: policy, now: start + time)
    else { return }
    let report = CommitmentReport(
      transactionUID: uid, committed: opened.references, failed: [], reportedBy: "\(destination)")
    _ = try await ledger.applyReport(
      report, from: [destination], policies: [destination: policy], now: start + time)
  }

  /// Asks by query for all that is due, and finds it; returns how many that were.
  @discardableResult
  func find(at destination: PeerName, at time: Duration) async throws -> Int {
    guard var policy = settings.peers[destination]?.query.policy else { return 0 }
    policy.after = .zero
    let turn = try await ledger.queriesDue(at: destination, policy: policy, limit: 100, now: start + time)
    _ = try await ledger.recordQueries(
      turn.due.map { QueryResult(key: $0.key, answer: .found) }, at: destination, policy: policy, now: start + time)
    return turn.due.count
  }

  /// How many copies go at a time.
  func purged(at time: Duration) async throws -> Int {
    try await ledger.beginPurge(limit: 100, now: start + time).count
  }

  /// Where the deliveries stand, by destination.
  func states() async throws -> [PeerName: DeliveryState] {
    let records = try await ledger.deliveries(DeliveryFilter(), page: PageRequest()).items
    return Dictionary(uniqueKeysWithValues: records.map { ($0.delivery.destination, $0.delivery.state) })
  }

  /// What waits for a destination that is down goes to the alternatives; returns how many.
  func replace(at destination: PeerName, at time: Duration) async throws -> Int {
    try await ledger.replace(at: destination, limit: 100, now: start + time)
  }
}
