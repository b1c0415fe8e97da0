import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowTesting

extension Traffic {
  /// Opens a transaction at one destination if one is due; the request arrives or does not, and so does its answer.
  func ask(_ name: PeerName) async throws {
    let peer = TrafficDestination.peer(name)
    guard destinations[name]?.health.state == .up else {
      return agenda.note(.ask(name), at: clock.elapsed + .minutes(1))
    }
    transactions += 1
    let uid = UID("2.25.\(transactions)")
    let opening = try await ledger.openTransaction(uid, to: name, policy: peer.commitment.policy, now: clock.now)
    guard case .opened(let transaction) = opening else {
      guard case .nothingDue(let next) = opening else { return }
      let wait = next.map { max($0.since(clock.now), .milliseconds(10)) } ?? Self.idle
      return agenda.note(.ask(name), at: clock.elapsed + min(wait, Self.idle))
    }
    let answer = request(transaction, of: name)
    journal.note("\(name) is asked for \(transaction.references.map(\.instanceUID)) in \(uid): \(answer)")
    // A report may be faster than the answer.
    if answer == .accepted, chance(5), let last = peers[name]?.archive.requests.indices.last {
      try await report(of: name, last)
    }
    try await ledger.recordRequest(uid, answer: answer, now: clock.now)
    if case .notSent = answer { destinations[name]?.notSent += 1 } else { destinations[name]?.notSent = 0 }
    let failures = destinations[name]?.notSent ?? 0
    let wait = failures > 0 ? peer.retry.wait(afterFailures: failures, jitter: jitter()) : .seconds(1)
    agenda.note(.ask(name), at: clock.elapsed + wait)
  }

  private func request(_ transaction: CommitmentTransaction, of name: PeerName) -> RequestAnswer {
    guard peers[name]?.acceptsAssociations == true else {
      fail(name, "no association", .unreachable)
      return .notSent(message: "no association", retryAt: clock.now + TrafficDestination.peer(name).retry.first)
    }
    switch peers[name]?.spell {
    case .refusingCommitment:
      return .refused(status: 0x0122, message: "not here", retryAt: clock.now + CommitmentRequests.refusedWait)
    case .full: return .failed(status: 0x0213, message: "no resources")
    case .aborting where chance(40):
      if chance(50) { take(transaction, at: name) }
      return .failed(status: nil, message: "no answer")
    default:
      take(transaction, at: name)
      return .accepted
    }
  }

  private func take(_ transaction: CommitmentTransaction, at name: PeerName) {
    peers[name]?.archive.ask(transaction.uid, transaction.references)
    guard let peer = peers[name], let delay = peer.reportDelay(&random) else { return }
    agenda.note(.report(name, peer.archive.requests.count - 1), at: clock.elapsed + delay)
  }

  /// A destination reports, perhaps not for the first time.
  func report(of name: PeerName, _ index: Int) async throws {
    guard let uid = peers[name]?.archive.requests[index].uid, let said = peers[name]?.report(index, &random) else {
      return
    }
    let report = CommitmentReport(
      transactionUID: uid, committed: said.committed, failed: said.failed, reportedBy: "\(name)@10.0.0.5")
    journal.note(
      "\(name) reports \(said.committed.map(\.instanceUID)), not "
        + "\(said.failed.map { "\($0.sop.instanceUID) \($0.reason)" }) in \(uid)")
    tally.reports += 1
    let result = try await ledger.applyReport(report, from: [name], policies: policies, now: clock.now)
    guard case .applied(let applied) = result else {
      return oracle.complain("a report of \(uid), which was opened, is \(result)")
    }
    peers[name]?.archive.reported(index)
    for sop in said.committed { oracle.proved(sop.instanceUID, at: name, clock.elapsed) }
    if applied.failed > 0 {
      for failed in said.failed {
        peers[name]?.archive.tookBack(failed.sop.instanceUID, in: index)
        guard peers[name]?.archive.isCommitted(failed.sop.instanceUID) == false else { continue }
        oracle.tookBack(failed.sop.instanceUID, at: name)
      }
    }
    noteTurn(of: name, in: .seconds(5))
    // Says it again, as things are by then.
    let repeats = peers[name]?.spell == .contradicting ? 60 : 3
    if chance(repeats), isTroubled { agenda.note(.report(name, index), at: clock.elapsed + .minutes(1 + below(600))) }
  }

  /// A report that nobody may believe: of a transaction that was never opened, or from somebody else.
  func forge() async throws {
    guard let name = one(of: TrafficContent.destinations), let other = one(of: TrafficContent.destinations),
      name != other, let request = one(of: peers[name]?.archive.requests ?? [])
    else { return }
    let forged = CommitmentReport(
      transactionUID: chance(50) ? "2.25.999999999" : request.uid, committed: request.references, failed: [],
      reportedBy: "MALLORY@10.0.0.66")
    let result = try await ledger.applyReport(forged, from: [other], policies: policies, now: clock.now)
    if case .applied = result { oracle.complain("a forged report was applied") }
  }

  var policies: [PeerName: CommitmentPolicy] {
    Dictionary(
      uniqueKeysWithValues: TrafficContent.destinations.map { ($0, TrafficDestination.peer($0).commitment.policy) })
  }
}
