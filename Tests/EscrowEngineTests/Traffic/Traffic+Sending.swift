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
        return noteTurn(of: name, in: found.nextDue?.since(clock.now) ?? .minutes(10))
      }
      destinations[name]?.batch = found.claims[...]
    }
    guard try await associate(with: name), let claim = destinations[name]?.batch.popFirst(),
      let delay = peers[name]?.delay(&random)
    else { return try await giveBack(name) }
    destinations[name]?.underWay = claim
    tally.attempts += 1
    agenda.note(.answer(name, claim.key), at: clock.elapsed + delay)
  }

  /// The peer answers what is on the wire; a process that has ended meanwhile hears nothing.
  func answer(of name: PeerName, to key: ClaimKey) async throws {
    guard let claim = destinations[name]?.underWay, claim.key == key else { return }
    destinations[name]?.underWay = nil
    guard let answer = peers[name]?.store(claim.sop.instanceUID, claim.digest, &random) else { return }
    var (result, status) = (AttemptOutcome.Result.failed(reason: "no peer"), UInt16?.none)
    switch answer {
    case .lost:
      fail(name, "no answer", .refusing)
      let wait = TrafficDestination.retry.wait(afterFailures: claim.key.attempt, jitter: jitter())
      result = .retry(notBefore: max(clock.now + wait, behindTheOthers(at: name)), reason: "no answer", counted: false)
    case .status(let answered):
      status = answered
      result = try await judge(answered, claim, at: name)
    }
    journal.note("\(name) on \(claim.sop.instanceUID), attempt \(key.attempt): \(answer), so \(result)")
    outcomes.append(
      AttemptOutcome(key: key, result: result, startedAt: clock.now, status: status, message: "\(answer)"))
    // Mostly at once; the rest may be lost with the process.
    if chance(95) { try await recordOutcomes() }
    guard destinations[name]?.health.state == .up else { return try await giveBack(name) }
    noteTurn(of: name)
  }

  /// As a delivery attempt applies what a status means.
  private func judge(_ status: UInt16, _ claim: Claim, at name: PeerName) async throws -> AttemptOutcome.Result {
    switch StoreDisposition.judge(status: status, proof: claim.proof, duplicateIsStored: false) {
    case .stored(_, let discarded):
      if status != 0x0111 { take(claim, at: name, discarding: discarded) }
      try await change(name) { $0.succeeded() }
      return .stored(discardedElements: discarded)
    case .retryDestination(let reason):
      fail(name, reason, .refusing)
      return .retry(notBefore: behindTheOthers(at: name), reason: reason, counted: false)
    case .holdDestination(let reason):
      fail(name, reason, .forbidding)
      return .retry(notBefore: behindTheOthers(at: name), reason: reason, counted: false)
    case .retryDelivery(let reason, let limit): return doubt(claim, reason, limit: limit)
    case .protocolError(let reason): return doubt(claim, reason, limit: 1)
    case .failed(let reason): return .failed(reason: reason)
    }
  }

  private func doubt(_ claim: Claim, _ reason: String, limit: Int) -> AttemptOutcome.Result {
    guard claim.doubtfulFailures < limit else { return .failed(reason: reason) }
    let wait = TrafficDestination.retry.wait(afterFailures: claim.doubtfulFailures + 1, jitter: jitter())
    return .retry(notBefore: clock.now + wait, reason: reason, counted: true)
  }

  private func take(_ claim: Claim, at name: PeerName, discarding: Bool) {
    let uid = claim.sop.instanceUID
    peers[name]?.keep(uid, claim.digest, discarding: discarding, &random)
    if claim.proof == .response { oracle.proved(uid, at: name, clock.elapsed) }
  }

  private func behindTheOthers(at name: PeerName) -> Timestamp {
    let wait = destinations[name]?.health.wait(at: clock.monotonic) ?? .zero
    return clock.now + wait + TrafficDestination.retry.first
  }

  /// Puts what is known of attempts on record.
  func recordOutcomes() async throws {
    let known = outcomes
    outcomes = []
    if !known.isEmpty { try await ledger.record(known, now: clock.now) }
  }

  /// What was claimed and not offered goes back; the destination is looked at again when that helps.
  private func giveBack(_ name: PeerName) async throws {
    let rest = destinations[name]?.batch ?? []
    destinations[name]?.batch = []
    let returned = rest.map {
      AttemptOutcome(key: $0.key, result: .returned(notBefore: nil, reason: "down"), startedAt: clock.now)
    }
    if !returned.isEmpty { try await ledger.record(returned, now: clock.now) }
    noteTurn(of: name, in: .seconds(1))
  }

  // MARK: Health

  func jitter() -> Double { Double.random(in: 0...1, using: &random) }

  func fail(_ name: PeerName, _ reason: String, _ trouble: DestinationHealth.Trouble) {
    let jitter = jitter()
    _ = destinations[name]?.health.failed(
      reason, trouble: trouble, retry: TrafficDestination.retry, jitter: jitter, now: clock.now, moment: clock.monotonic
    )
  }

  private func change(_ name: PeerName, _ body: (inout DestinationHealth) -> DestinationHealth.Change) async throws {
    guard var health = destinations[name]?.health else { return }
    let change = body(&health)
    destinations[name]?.health = health
    if change == .cameUp { try await ledger.clear(.destinationDown, subject: name.rawValue, event: nil) }
  }
}
