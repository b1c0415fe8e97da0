import DICOM
import EscrowCore

extension RandomWorld {
  private var queryPolicy: QueryPolicy {
    QueryPolicy(
      after: .seconds(5), askAgain: [.seconds(20), .seconds(60)], resendAfter: 2, maxResends: 2, recheck: .seconds(30),
      alarmAfter: .seconds(200))
  }

  mutating func querying() -> RandomVerb {
    let (destination, limit, policy, now) = (destination(), below(4) + 1, queryPolicy, now)
    if chance(10) {
      return RandomVerb("reviewQueries") { try await $0.reviewQueries(policies: [destination: policy], now: now) }
    }
    if chance(20) {
      return RandomVerb("queriesDue \(destination) \(limit)") {
        try await $0.queriesDue(at: destination, policy: policy, limit: limit, now: now)
      }
    }
    let answers = (0..<limit).map { _ in answer(at: now) }
    let stale = chance(10)
    return RandomVerb("recordQueries \(destination) \(answers)") { ledger in
      let due = try await ledger.queriesDue(at: destination, policy: policy, limit: limit, now: now).due
      let results = zip(due, answers).map { question, answer in
        QueryResult(
          key: ClaimKey(delivery: question.key.delivery, attempt: question.key.attempt - (stale ? 1 : 0)),
          answer: answer)
      }
      return try await ledger.recordQueries(results, at: destination, policy: policy, now: now)
    }
  }

  private mutating func answer(at now: Timestamp) -> QueryResult.Answer {
    switch below(10) {
    case 0..<5: .found
    case 5..<8: .notFound
    default:
      .failed(message: "A700H", retryAt: chance(50) ? now + .seconds(9) : nil, isRefused: chance(30))
    }
  }
}
