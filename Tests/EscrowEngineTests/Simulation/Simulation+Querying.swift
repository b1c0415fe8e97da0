import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowTesting

extension Simulation {
  /// Research is asked by query for what is due, and answers, or fails to.
  func query() async throws { try await query(kindly: false) }

  @discardableResult
  func query(kindly: Bool) async throws -> Bool {
    guard let process else { return false }
    let ledger = process.context.ledger
    let policy = SimulatedProcess.queryPolicy
    let due = try await ledger.queriesDue(at: "research", policy: policy, limit: 3, now: clock.now).due
    guard !due.isEmpty, isAlive(process) else { return false }
    let results = due.map { QueryResult(key: $0.key, answer: answer(to: $0, kindly: kindly)) }
    journal.note("asks for \(due.map(\.sop.instanceUID)) by query: \(results.map(\.answer))")
    // What else happens between the answer and its record must not make it count for more.
    if !kindly, chance(10) { try await send() }
    _ = try await ledger.recordQueries(results, at: "research", policy: policy, now: clock.now)
    return isAlive(process)
  }

  private func answer(to question: DueQuery, kindly: Bool) -> QueryResult.Answer {
    let uid = question.sop.instanceUID
    if !kindly, chance(6) { archives["research"]?.lose(uid) }
    guard kindly || chance(80) else {
      return .failed(
        message: "A700H", retryAt: chance(50) ? clock.now + .seconds(20) : nil, isRefused: chance(20))
    }
    return archives["research"]?.find(uid) == true ? .found : .notFound
  }
}
