extension Consignment {
  /// Applies how an attempt ended; false when that claim is not the current one.
  package mutating func record(_ outcome: AttemptOutcome, now: Timestamp) -> Bool {
    guard let index = deliveries.firstIndex(where: { $0.id == outcome.key.delivery }),
      deliveries[index].attempts == outcome.key.attempt
    else { return false }
    guard deliveries[index].state == .sending else {
      // A report was faster: that the peer dropped elements still stands against the purge.
      guard deliveries[index].state == .delivered, outcome.result == .stored(discardedElements: true) else {
        return false
      }
      deliveries[index].discardedElements = true
      return true
    }
    if outcome.mayBeThere { deliveries[index].mayBeThere = true }
    switch outcome.result {
    case .stored(let discardedElements): store(index, discardedElements: discardedElements, now: now)
    case .retry(let notBefore, let reason, let counted):
      if counted { deliveries[index].doubtfulFailures += 1 }
      deliveries[index].lastError = outcome.message
      giveBack(index, by: .attemptFailed, notBefore: notBefore, reason: reason)
    case .failed(let reason): fail(index, reason: reason, message: outcome.message, code: outcome.status, now: now)
    case .held(let reason, let wasOffered):
      deliveries[index].lastError = outcome.message
      if !wasOffered { deliveries[index].attempts -= 1 }
      giveBack(index, by: .attemptFailed, notBefore: nil, reason: reason)
      hold(index, reason: reason, message: outcome.message, now: now)
    case .returned(let notBefore, let reason):
      deliveries[index].attempts -= 1
      giveBack(index, by: .returned, notBefore: notBefore, reason: reason)
    }
    settle(now: now)
    return true
  }

  private mutating func store(_ index: Int, discardedElements: Bool, now: Timestamp) {
    deliveries[index].move(deliveries[index].proof == .response ? .storedAndProven : .stored)
    deliveries[index].discardedElements = discardedElements
    deliveries[index].mayBeThere = true
    deliveries[index].sentAt = now
    deliveries[index].asks = 0
    deliveries[index].failedAsks = 0
    deliveries[index].notBefore = nil
    deliveries[index].cancelRequested = false
    deliveries[index].reason = nil
    deliveries[index].lastError = nil
  }

  private mutating func giveBack(_ index: Int, by event: DeliveryEvent, notBefore: Timestamp?, reason: String?) {
    let isCancelled = deliveries[index].cancelRequested
    deliveries[index].move(isCancelled ? .cancelled : event)
    deliveries[index].notBefore = isCancelled ? nil : notBefore
    deliveries[index].reason = reason
  }

  /// It waits for an operator, with an alarm.
  private mutating func hold(_ index: Int, reason: String, message: String?, now: Timestamp) {
    guard deliveries[index].state == .queued else { return }
    let text = message.map { "\(reason): \($0)" } ?? reason
    if deliveries[index].hold == nil { deliveries[index].hold = Hold(by: Hold.system, reason: text, at: now) }
    effects.append(
      .raise(Alarm(.deliveryHeld, subject: deliveries[index].destination.rawValue, since: now, text: text)))
  }

  /// The lease of a claim ended; false when the delivery is not being sent.
  package mutating func expireClaim(_ id: DeliveryID, now: Timestamp) -> Bool {
    guard let index = deliveries.firstIndex(where: { $0.id == id }), deliveries[index].expireClaim() else {
      return false
    }
    settle(now: now)
    return true
  }
}

extension AttemptOutcome.Result {
  /// Whether the instance was offered to the peer.
  package var wasTried: Bool {
    switch self {
    case .returned, .held(_, wasOffered: false): false
    default: true
    }
  }

  /// How the record names it.
  package var name: String {
    switch self {
    case .stored: "stored"
    case .retry: "retry"
    case .failed: "failed"
    case .held(_, wasOffered: true): "held"
    case .returned, .held(_, wasOffered: false): "returned"
    }
  }
}

extension AttemptRecord {
  /// The record of an outcome.
  package init(_ outcome: AttemptOutcome, endedAt: Timestamp) {
    self.init(
      delivery: outcome.key.delivery, attempt: outcome.key.attempt, startedAt: outcome.startedAt, endedAt: endedAt,
      result: outcome.result.name, status: outcome.status, message: outcome.message,
      association: outcome.association, transferSyntax: outcome.transferSyntax)
  }

  /// The record of a claim whose lease ended without an outcome.
  package static func expired(_ key: ClaimKey, claimedAt: Timestamp, endedAt: Timestamp) -> AttemptRecord {
    AttemptRecord(
      delivery: key.delivery, attempt: key.attempt, startedAt: claimedAt, endedAt: endedAt, result: "expired",
      status: nil, message: nil, association: nil, transferSyntax: nil)
  }
}
