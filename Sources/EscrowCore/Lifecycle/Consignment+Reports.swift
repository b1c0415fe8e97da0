package import DICOM

/// One reference of a commitment transaction, as far as the rules for reports need it.
package struct AskedReference: Sendable, Equatable {
  package var delivery: DeliveryID
  /// The delivery's attempt when the transaction was opened.
  package var attempt: Int
  package var transactionUID: UID
  /// The number of the transaction; transactions are numbered as they are opened.
  package var opening: Int64

  package init(delivery: DeliveryID, attempt: Int, transactionUID: UID, opening: Int64) {
    self.delivery = delivery
    self.attempt = attempt
    self.transactionUID = transactionUID
    self.opening = opening
  }
}

extension Consignment {
  /// Applies a success of a report; true when it proved the delivery. It does not when a transaction opened later
  /// reported failure, or when the delivery is proved already.
  package mutating func prove(_ reference: AskedReference, now: Timestamp) -> Bool {
    guard let index = deliveries.firstIndex(where: { $0.id == reference.delivery }) else { return false }
    let before = deliveries[index]
    if let failedBy = before.failedBy, failedBy > reference.opening { return false }
    if before.state == .delivered {
      deliveries[index].provedBy = max(before.provedBy ?? reference.opening, reference.opening)
      return false
    }
    guard deliveries[index].move(.proved) else { return false }
    deliveries[index].provedBy = reference.opening
    deliveries[index].contradicted = false
    deliveries[index].reason = nil
    deliveries[index].lastError = nil
    if before.state == .failed {
      effects.append(.review(.deliveryFailed, subject: before.destination.rawValue))
    }
    if before.contradicted {
      effects.append(.review(.commitmentContradicted, subject: before.destination.rawValue))
    }
    settle(now: now)
    return true
  }

  /// Applies a failure of a report; true when the delivery is to be sent again. A failure that does not speak of the
  /// current attempt, or is older than the proof, is only remembered.
  package mutating func refuse(
    _ reference: AskedReference, reason: UInt16, policy: CommitmentPolicy, now: Timestamp
  ) -> Bool {
    guard let index = deliveries.firstIndex(where: { $0.id == reference.delivery }) else { return false }
    let before = deliveries[index]
    deliveries[index].failedBy = max(before.failedBy ?? reference.opening, reference.opening)
    switch before.state {
    case .delivered where (before.provedBy ?? 0) <= reference.opening:
      contradict(index, reference: reference, reason: reason, policy: policy, now: now)
    case .sent where before.attempts == reference.attempt, .requested where before.attempts == reference.attempt:
      judge(index, reason: reason, policy: policy, now: now)
    default: break
    }
    settle(now: now)
    return before.state != .queued && deliveries[index].state == .queued
  }

  private mutating func judge(_ index: Int, reason: UInt16, policy: CommitmentPolicy, now: Timestamp) {
    let delivery = deliveries[index]
    let text = "commitment failed: \(reason.dicomHex)"
    switch ReportDecision.judge(
      reason: reason, asks: delivery.asks, answered: delivery.failedAsks + 1, resends: delivery.resends,
      policy: policy, now: now)
    {
    case .resend where !instance.state.hasFile:
      fail(index, by: .reportedFailedPermanent, reason: Consignment.damaged, message: text, code: reason, now: now)
    case .resend(let notBefore):
      deliveries[index].move(.reportedFailedResend)
      deliveries[index].resends += 1
      deliveries[index].notBefore = notBefore
      deliveries[index].reason = text
    case .askAgain(let notBefore):
      deliveries[index].move(.reportedFailedAskAgain)
      deliveries[index].failedAsks += 1
      deliveries[index].notBefore = notBefore
      deliveries[index].reason = text
    case .permanent: fail(index, by: .reportedFailedPermanent, reason: text, code: reason, now: now)
    }
  }

  private mutating func contradict(
    _ index: Int, reference: AskedReference, reason: UInt16, policy: CommitmentPolicy, now: Timestamp
  ) {
    let text = "commitment taken back: \(reason.dicomHex)"
    deliveries[index].contradicted = true
    deliveries[index].reason = text
    if [.purging, .purged, .discarded].contains(instance.state) {
      instance.reason = "\(deliveries[index].destination): \(text)"
    } else {
      // With the same limit as any sending again: a peer that takes back what it says must not keep us busy for ever.
      let resends = deliveries[index].resends
      let sendsAgain = reason == 0x0112 && instance.state.hasFile && resends < policy.maxResends
      deliveries[index].move(sendsAgain ? .contradictedResend : .contradictedAskAgain)
      if sendsAgain { deliveries[index].resends += 1 }
      deliveries[index].notBefore =
        now + (sendsAgain ? policy.resendWait(after: resends) : policy.wait(afterOpening: deliveries[index].asks))
      deliveries[index].provedBy = nil
      deliveries[index].firstAskedAt = nil
    }
    tellContradiction(index, text: text, transactionUID: reference.transactionUID, reason: reason, now: now)
  }

  /// Tells that a destination took back what it said, and alarms.
  mutating func tellContradiction(
    _ index: Int, text: String, transactionUID: UID? = nil, reason: UInt16? = nil, now: Timestamp
  ) {
    var event = event(.commitmentContradicted, of: deliveries[index], at: now)
    event.transactionUID = transactionUID
    event.reasonCode = reason
    event.reason = text
    let alarm = Alarm(
      .commitmentContradicted, subject: deliveries[index].destination.rawValue, since: now,
      text: "\(instance.sop.instanceUID): \(text)")
    effects += [.tell(event), .raise(alarm)]
  }
}

extension UInt16 {
  /// Four hexadecimal digits and an H, as the standard writes statuses and reasons: `0112H`.
  package var dicomHex: String {
    let digits = String(self, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits + "H"
  }
}
