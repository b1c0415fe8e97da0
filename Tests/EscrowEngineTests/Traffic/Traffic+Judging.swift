import DICOM
import EscrowCore
@testable import EscrowEngine

extension Traffic {
  /// As a delivery attempt applies what a status means, and whether the peer may have it then.
  func judge(
    _ status: UInt16, _ claim: Claim, at destination: TrafficDestination
  ) async throws -> (AttemptOutcome.Result, mayBeThere: Bool) {
    let name = destination.peer.name
    switch StoreDisposition.judge(status: status, proof: claim.proof, duplicateIsStored: false) {
    case .stored(_, let discarded):
      if status != 0x0111 { take(claim, at: name, discarding: discarded) }
      try await change(name) { $0.succeeded() }
      return (.stored(discardedElements: discarded), true)
    case .retryDestination(let reason):
      fail(name, reason, .refusing)
      return (retry(claim, behindTheOthers(at: name), reason), false)
    case .holdDestination(let reason):
      fail(name, reason, .forbidding)
      return (retry(claim, behindTheOthers(at: name), reason), false)
    case .retryDelivery(let reason, let usual):
      return (doubt(claim, reason, limit: destination.peer.retry.attempts[reason] ?? usual), false)
    case .protocolError(let reason): return (doubt(claim, reason, limit: 1), true)
    case .failed(let reason): return (permanent(claim, reason, at: destination), false)
    }
  }

  private func doubt(_ claim: Claim, _ reason: String, limit: Int) -> AttemptOutcome.Result {
    guard claim.doubtfulFailures < limit else { return .failed(reason: reason) }
    let wait = retryPolicy(of: claim).wait(afterFailures: claim.doubtfulFailures + 1, jitter: jitter())
    return retry(claim, clock.now + wait, reason, counted: true)
  }

  func retry(
    _ claim: Claim, _ notBefore: Timestamp, _ reason: String, counted: Bool = false
  ) -> AttemptOutcome.Result {
    claim.isTooOld(for: retryPolicy(of: claim), now: clock.now)
      ? .failed(reason: "tooOld") : .retry(notBefore: notBefore, reason: reason, counted: counted)
  }

  private func permanent(
    _ claim: Claim, _ reason: String, at destination: TrafficDestination
  ) -> AttemptOutcome.Result {
    guard let cause = ClassHold(rawValue: reason), destination.peer.holdOn.contains(cause) else {
      return .failed(reason: reason)
    }
    destination.classHolds.note(cause, of: claim)
    if let sopClass = oracle.promised[claim.instance]?.sop.classUID {
      oracle.conduct.noteRefused(sopClass, by: destination.peer.name)
    }
    tally.held += 1
    return .held(reason: reason)
  }

  func retryPolicy(of claim: Claim) -> RetryPolicy { TrafficDestination.peer(claim.destination).retry }

  private func take(_ claim: Claim, at name: PeerName, discarding: Bool) {
    let uid = claim.sop.instanceUID
    peers[name]?.keep(uid, claim.arriving, discarding: discarding, &random)
    if claim.proof == .response { oracle.proved(uid, at: name, clock.elapsed) }
  }
}

/// How an attempt ended, while it is not on record.
struct TrafficOutcome {
  let outcome: AttemptOutcome
  let claim: Claim
}

extension Claim {
  /// What its destination gets.
  var arriving: Digest { TrafficContent.arriving(digest, isEdited: !terms.edits.isEmpty) }
}
