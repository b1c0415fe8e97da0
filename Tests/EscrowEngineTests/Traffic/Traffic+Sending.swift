import DICOM
import EscrowCore
@testable import EscrowEngine
import EscrowTesting

extension Traffic {
  /// What a destination's queue does when it is looked at.
  func turn(of name: PeerName) async throws {
    guard let destination = destinations[name], destination.underWay == nil else { return }
    switch destination.health.state {
    case .down(let until) where until > clock.monotonic: noteTurn(of: name, in: until.since(clock.monotonic))
    case .down:
      destinations[name]?.health.beginProbe()
      try await associate(with: name)
      noteTurn(of: name, in: .milliseconds(100))
    case .probing, .up: try await offerNext(to: name)
    }
  }

  /// Whether an association could be opened, which its health learns of.
  @discardableResult
  func associate(with name: PeerName) async throws -> Bool {
    guard peers[name]?.acceptsAssociations == true else {
      fail(name, "no association", .unreachable)
      return false
    }
    try await change(name) { $0.associated() }
    return true
  }

  private func offerNext(to name: PeerName) async throws {
    if destinations[name]?.batch.isEmpty != false {
      let found = try await ledger.claim(
        name, limit: 1 + below(12), lease: clock.monotonic + .minutes(5), now: clock.now)
      guard !found.claims.isEmpty else {
        if found.nextDue == nil { try await change(name) { $0.succeeded() } }
        return noteTurn(of: name, in: min(found.nextDue?.since(clock.now) ?? Self.idle, Self.idle))
      }
      let sorted = try await sort(found.claims, at: name)
      destinations[name]?.batch = sorted[...]
    }
    // Its window may have closed while others were sent.
    let next = try await sort(Array(destinations[name]?.batch.prefix(1) ?? []), at: name)
    guard let claim = next.first else {
      _ = destinations[name]?.batch.popFirst()
      return noteTurn(of: name)
    }
    guard try await associate(with: name), let delay = peers[name]?.delay(&random),
      let content = oracle.promised[claim.instance]
    else { return try await giveBack(name) }
    _ = destinations[name]?.batch.popFirst()
    destinations[name]?.underWay = claim
    tally.attempts += 1
    if let wrong = oracle.conduct.wrong(offering: claim, of: content, at: clock.now) { oracle.complain(wrong) }
    agenda.note(.answer(name, claim.key), at: clock.elapsed + delay)
  }

  /// Takes out what is not to be offered now.
  private func sort(_ claims: [Claim], at name: PeerName) async throws -> [Claim] {
    guard let holds = destinations[name]?.classHolds else { return [] }
    let answers = claims.map { ($0, $0.answerWithoutOffer(holds, now: clock.now)) }
    outcomes += answers.compactMap { claim, answer in answer.map { TrafficOutcome(outcome: $0, claim: claim) } }
    if answers.contains(where: { $0.1 != nil }) { try await recordOutcomes() }
    return answers.filter { $0.1 == nil }.map(\.0)
  }

  /// The peer answers what is on the wire; a process that has ended meanwhile hears nothing.
  func answer(of name: PeerName, to key: ClaimKey) async throws {
    guard let destination = destinations[name], let claim = destination.underWay, claim.key == key else { return }
    destinations[name]?.underWay = nil
    guard let sop = oracle.promised[claim.instance]?.sop,
      let answer = peers[name]?.store(sop, claim.arriving, &random)
    else { return }
    var (result, status, mayBeThere) = (AttemptOutcome.Result.failed(reason: "no peer"), UInt16?.none, false)
    switch answer {
    case .lost:
      mayBeThere = true
      fail(name, "no answer", .refusing)
      let wait = destination.peer.retry.wait(afterFailures: claim.key.attempt, jitter: jitter())
      result = retry(claim, max(clock.now + wait, behindTheOthers(at: name)), "no answer")
    case .status(let answered):
      status = answered
      (result, mayBeThere) = try await judge(answered, claim, at: destination)
    }
    if mayBeThere { oracle.conduct.noteMayHave(claim) }
    journal.note("\(name) on \(sop.instanceUID), attempt \(key.attempt): \(answer), so \(result)")
    outcomes.append(
      TrafficOutcome(
        outcome: AttemptOutcome(
          key: key, result: result, startedAt: clock.now, status: status, message: "\(answer)", mayBeThere: mayBeThere),
        claim: claim))
    // Mostly at once; the rest may be lost with the process.
    if chance(95) { try await recordOutcomes() }
    guard destinations[name]?.health.state == .up else { return try await giveBack(name) }
    noteTurn(of: name)
  }

  func behindTheOthers(at name: PeerName) -> Timestamp {
    let wait = destinations[name]?.health.wait(at: clock.monotonic) ?? .zero
    return clock.now + wait + TrafficDestination.peer(name).retry.first
  }

  /// Puts what is known of attempts on record.
  func recordOutcomes() async throws {
    let known = outcomes
    outcomes = []
    for (outcome, claim) in known.map({ ($0.outcome, $0.claim) }) {
      let arrival = oracle.arrivals[claim.instance] ?? clock.now
      let peer = TrafficDestination.peer(claim.destination)
      if let wrong = oracle.conduct.wrong(recording: outcome, of: claim, by: peer, since: arrival) {
        oracle.complain(wrong)
      }
    }
    if !known.isEmpty { try await ledger.record(known.map(\.outcome), now: clock.now) }
  }

  /// What was claimed and not offered goes back; the destination is looked at again when that helps.
  private func giveBack(_ name: PeerName) async throws {
    let rest = destinations[name]?.batch ?? []
    destinations[name]?.batch = []
    let isDown = destinations[name]?.health.state != .up
    outcomes += rest.map { claim in
      let isOver = isDown && claim.isTooOld(for: retryPolicy(of: claim), now: clock.now)
      return TrafficOutcome(
        outcome: AttemptOutcome(
          key: claim.key, result: isOver ? .failed(reason: "tooOld") : .returned(notBefore: nil, reason: "down"),
          startedAt: clock.now),
        claim: claim)
    }
    if !rest.isEmpty { try await recordOutcomes() }
    noteTurn(of: name, in: .seconds(1))
  }

  // MARK: Health

  func jitter() -> Double { Double.random(in: 0...1, using: &random) }

  func fail(_ name: PeerName, _ reason: String, _ trouble: DestinationHealth.Trouble) {
    let jitter = jitter()
    _ = destinations[name]?.health.failed(
      reason, trouble: trouble, retry: TrafficDestination.peer(name).retry, jitter: jitter, now: clock.now,
      moment: clock.monotonic
    )
  }

  func change(_ name: PeerName, _ body: (inout DestinationHealth) -> DestinationHealth.Change) async throws {
    guard var health = destinations[name]?.health else { return }
    let change = body(&health)
    destinations[name]?.health = health
    if change == .cameUp { try await ledger.clear(.destinationDown, subject: name.rawValue, event: nil) }
  }
}
