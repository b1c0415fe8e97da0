import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowTesting

extension Simulation {
  /// Opens a transaction at one destination; the request arrives or does not, and so does its answer.
  func ask() async throws { try await ask(kindly: false) }

  @discardableResult
  func ask(kindly: Bool) async throws -> Bool {
    guard let process else { return false }
    let ledger = process.context.ledger
    transactions += 1
    let uid = UID("2.25.\(transactions)")
    let opening = try await ledger.openTransaction(uid, to: "archive", policy: SimulatedProcess.policy, now: clock.now)
    guard case .opened(let transaction) = opening, isAlive(process) else { return false }
    journal.note("asks for \(transaction.references.map(\.instanceUID)) in \(uid)")
    let roll = kindly ? 0 : below(10)
    if roll < 8 { archives["archive"]?.ask(uid, transaction.references) }
    let answer: RequestAnswer =
      switch roll {
      case 0..<7: .accepted
      case 7: .failed(status: nil, message: "no answer")
      case 8: .notSent(message: "no route to host", retryAt: clock.now + .seconds(10))
      default: .refused(status: 0x0122, message: "not here", retryAt: clock.now + .hours(24))
      }
    // A report may be faster than the answer.
    if !kindly, chance(10) { try await report(kindly: false) }
    try await ledger.recordRequest(uid, answer: answer, now: clock.now)
    return true
  }

  /// The archive reports: the first time, once more, in part, late, or against what it said before.
  func report() async throws { try await report(kindly: false) }

  @discardableResult
  func report(kindly: Bool) async throws -> Bool {
    guard let process, let requests = archives["archive"]?.requests else { return false }
    let open = requests.indices.filter { !requests[$0].wasReported }
    guard let index = kindly || chance(80) ? open.first : one(of: Array(requests.indices)) else { return false }
    let request = requests[index]
    let named = kindly ? request.references : request.references.filter { _ in chance(90) }
    if !kindly, chance(6), let lost = one(of: named) { archives["archive"]?.lose(lost.instanceUID) }
    let kept = named.filter { archives["archive"]?.has($0.instanceUID) == true && (kindly || chance(93)) }
    archives["archive"]?.commit(to: kept, in: index)
    let failed = named.filter { !kept.contains($0) }.map { reference in
      let isHere = archives["archive"]?.has(reference.instanceUID) == true
      return FailedReference(sop: reference, reason: isHere ? one(of: [0x0110, 0x0213, 0x0119]) ?? 0x0110 : 0x0112)
    }
    let report = CommitmentReport(
      transactionUID: request.uid, committed: kept, failed: failed, reportedBy: "ARCHIVE@10.0.0.5")
    journal.note(
      "reports \(kept.map(\.instanceUID)), not \(failed.map { "\($0.sop.instanceUID) \($0.reason)" }) in \(request.uid)"
    )
    let result = try await process.context.ledger.applyReport(
      report, from: ["archive"], policies: process.context.destinations.commitmentPolicies, now: clock.now)
    guard isAlive(process) else { return false }
    answered(result, to: report, of: index)
    return true
  }

  private func answered(_ result: ReportResult, to report: CommitmentReport, of index: Int) {
    guard case .applied(let applied) = result else {
      return oracle.complain("a report of \(report.transactionUID), which was opened, is \(result)")
    }
    archives["archive"]?.reported(index)
    weather.calmly { oracle.heard(report, in: self) }
    guard applied.failed > 0 else { return }
    for failed in report.failed { archives["archive"]?.tookBack(failed.sop.instanceUID, in: index) }
  }

  /// A report that nobody may believe: of a transaction that was never opened, or from somebody else.
  func uncalledForReport() async throws {
    guard let process else { return }
    let all = contents.map(\.sop).uniqued()
    let forged = CommitmentReport(
      transactionUID: chance(50) ? "2.25.999999" : UID("2.25.\(below(transactions + 1) + 1)"), committed: all,
      failed: [],
      reportedBy: "MALLORY@10.0.0.66")
    let result = try await process.context.ledger.applyReport(
      forged, from: ["research"], policies: process.context.destinations.commitmentPolicies, now: clock.now)
    if case .applied = result { oracle.complain("a forged report was applied") }
  }
}
