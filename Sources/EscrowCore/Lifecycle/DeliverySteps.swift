package import DICOM

extension Delivery {
  /// Moves along the table; false, and no change, when `event` does not happen in this state.
  @discardableResult
  package mutating func move(_ event: DeliveryEvent) -> Bool {
    guard let next = DeliveryLifecycle.state(after: event, from: state) else { return false }
    state = next
    if next.isTerminal {
      notBefore = nil
      behind = nil
      cancelRequested = false
    }
    return true
  }

  /// Whether it is asked for as soon as its study is quiet: it was sent, and not asked for since.
  package var awaitsQuiet: Bool { state == .sent && proof == .commitment && notBefore == nil }

  /// Takes it for sending.
  package mutating func claim() -> Bool {
    guard move(.claimed) else { return false }
    attempts += 1
    notBefore = nil
    reason = nil
    return true
  }

  /// The lease of its claim ended without an outcome: unknown what the peer has, so it is sent again.
  package mutating func expireClaim() -> Bool {
    guard state == .sending else { return false }
    mayBeThere = true
    if cancelRequested { return move(.cancelled) }
    reason = "unknown outcome: the attempt was cut off"
    return move(.claimExpired)
  }

  /// Puts it into transaction `uid`.
  package mutating func ask(in uid: UID, policy: CommitmentPolicy, now: Timestamp) -> Bool {
    guard move(.commitmentOpened) else { return false }
    asks += 1
    transactionUID = uid
    firstAskedAt = firstAskedAt ?? now
    notBefore = now + policy.wait(afterOpening: asks)
    reason = nil
    return true
  }

  /// The request of transaction `uid` was refused, or failed: asked for again with a new one.
  package mutating func endRequest(_ uid: UID, answer: RequestAnswer) -> Bool {
    guard transactionUID == uid, state == .requested else { return false }
    switch answer {
    case .accepted: return false
    case .refused(_, let message, let retryAt):
      notBefore = retryAt
      reason = "commitment request refused"
      lastError = message
    case .failed(_, let message):
      lastError = message
    case .notSent(let message, let retryAt):
      asks -= 1
      if asks == 0 { firstAskedAt = nil }
      notBefore = retryAt
      lastError = message
    }
    return move(.requestFailed)
  }

  /// Nobody answered in time.
  package mutating func expireReport(now: Timestamp) -> Bool {
    guard move(.reportOverdue) else { return false }
    notBefore = now
    return true
  }

  /// Back into the queue by an operator's wish, because its bytes are back, or because the API asks for it once more:
  /// counts from the start.
  package mutating func requeue() -> Bool {
    guard move(.requeued) || origin == .api && move(.repeated) else { return false }
    doubtfulFailures = 0
    asks = 0
    failedAsks = 0
    resends = 0
    firstAskedAt = nil
    reason = nil
    return true
  }

  /// Makes the proof at least as strong as `wanted`. What a weaker proof delivered goes on being asked for.
  package mutating func raise(to wanted: Proof) {
    guard wanted > proof, ![.waived, .superseded].contains(state) else { return }
    let wasQueried = state == .sent
    proof = wanted
    guard move(.proofRaised) || wasQueried else { return }
    asks = 0
    failedAsks = 0
    firstAskedAt = nil
    notBefore = nil
    staleAt = nil
    reason = nil
  }

  /// Lets it wait for the last of `others` that is open: deliveries of the same SOP Instance UID to the same
  /// destination, of which only one may be in flight.
  package mutating func lineUp(behind others: [Delivery]) {
    let leader = others.filter { $0.id != id && $0.destination == destination && !$0.state.isTerminal }
      .max { $0.id < $1.id }
    behind = leader?.id
    if let leader { reason = "behind \(leader.instance)" }
  }

  /// The delivery it waited for has ended: now it waits for `next`, or for nothing.
  package mutating func stepUp(behind next: DeliveryID?) {
    behind = next
    reason = next.map { "behind delivery \($0)" }
  }
}
