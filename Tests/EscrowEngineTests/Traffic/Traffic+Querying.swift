import DICOM
import DICOMProtocol
import EscrowCore
@testable import EscrowEngine

extension Traffic {
  /// Asks one destination by query for what is due.
  func query(_ name: PeerName) async throws {
    guard let destination = destinations[name], destination.health.state == .up else {
      return agenda.note(.query(name), at: clock.elapsed + .minutes(1))
    }
    let turn = try await ledger.queriesDue(
      at: name, policy: destination.peer.query.policy, limit: QueryService.limit, now: clock.now)
    guard !turn.due.isEmpty else {
      let next = turn.next.map { max($0.since(clock.now), .milliseconds(10)) } ?? Self.idle
      return agenda.note(.query(name), at: clock.elapsed + min(next, Self.idle))
    }
    try await ask(turn.due, at: destination)
    agenda.note(.query(name), at: clock.elapsed + .seconds(2))
  }

  /// As an association for queries does.
  private func ask(_ due: [DueQuery], at destination: TrafficDestination) async throws {
    let name = destination.peer.name
    guard try await associate(with: name) else {
      return try await postpone(due, at: destination, for: destination.peer.retry.first)
    }
    guard peers[name]?.acceptsQueries == true else {
      return try await postpone(due, at: destination, for: QueryAssociation.refusedWait, isRefused: true)
    }
    var wasAnswered = false
    for batch in QueryBatch.batches(of: due, size: destination.peer.query.policy.batch, relational: chance(30)) {
      let results = answers(to: batch, of: name)
      guard !results.isEmpty else { break }
      wasAnswered = true
      try await record(results, of: batch.asked, at: destination)
    }
    if !wasAnswered { try await postpone(due, at: destination, for: destination.peer.retry.first) }
  }

  private func postpone(
    _ due: [DueQuery], at destination: TrafficDestination, for wait: Duration, isRefused: Bool = false
  ) async throws {
    let answer = QueryResult.Answer.failed(message: "not asked", retryAt: clock.now + wait, isRefused: isRefused)
    try await record(due.map { QueryResult(key: $0.key, answer: answer) }, of: due, at: destination)
  }

  /// As a finder believes them: together, and what that does not find alone.
  private func answers(to batch: QueryBatch, of name: PeerName) -> [QueryResult] {
    var results: [QueryResult] = []
    var missing = batch.asked
    switch believed(batch.query, of: name) {
    case .found(let uids):
      results = batch.asked.filter { uids.contains($0.sop.instanceUID) }.map {
        QueryResult(key: $0.key, answer: .found)
      }
      missing = batch.asked.filter { !uids.contains($0.sop.instanceUID) }
    case .failed(let answer): return batch.asked.map { QueryResult(key: $0.key, answer: answer) }
    case .hadEnded: return []
    }
    for question in missing {
      var answer = QueryResult.Answer.notFound
      for query in question.alone(relational: false) where query != batch.query && answer == .notFound {
        switch believed(query, of: name) {
        case .found(let uids): if uids.contains(question.sop.instanceUID) { answer = .found }
        case .failed(let failure): answer = failure
        case .hadEnded: return results
        }
      }
      results.append(QueryResult(key: question.key, answer: answer))
    }
    return results
  }

  private enum Belief {
    case found(Set<UID>)
    case failed(QueryResult.Answer)
    case hadEnded
  }

  /// Only a query that came to its end with success says anything.
  private func believed(_ query: InstanceQuery, of name: PeerName) -> Belief {
    guard case .ended(let told, let status) = peers[name]?.find(query, &random) else { return .hadEnded }
    if status == 0x0000 { return .found(Set(told)) }
    let isRefused = status == 0x0122 || status == 0x0124
    return .failed(.failed(message: "the query failed: \(status.dicomHex)", retryAt: nil, isRefused: isRefused))
  }

  private func record(_ results: [QueryResult], of asked: [DueQuery], at destination: TrafficDestination) async throws {
    let name = destination.peer.name
    let uids = Dictionary(uniqueKeysWithValues: asked.map { ($0.key, $0.sop.instanceUID) })
    for result in results {
      guard let uid = uids[result.key] else { continue }
      journal.note("\(name) is asked by query for \(uid): \(result.answer)")
      tally.queries += 1
      switch result.answer {
      case .found:
        if peers[name]?.archive.find(uid) != true { oracle.complain("\(name) is said to have \(uid)") }
        oracle.found(uid, at: name, clock.elapsed)
      case .notFound:
        peers[name]?.archive.deny(uid)
        oracle.tookBack(uid, at: name)
      case .failed: break
      }
    }
    _ = try await ledger.recordQueries(results, at: name, policy: destination.peer.query.policy, now: clock.now)
    noteTurn(of: name, in: .seconds(5))
  }
}
