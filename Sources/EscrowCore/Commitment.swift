package import DICOM

/// How one destination is asked for storage commitment, and how its answers are judged (durations from
/// configuration, all per destination).
package struct CommitmentPolicy: Sendable, Equatable {
  /// A study is asked for when nothing of it was sent for this long …
  package var quiet: Duration
  /// … or when the first of it has waited this long.
  package var maxWait: Duration
  /// References in one transaction at most.
  package var maxReferences: Int
  /// How long the N-ACTION association is kept open for a report on it.
  package var waitOnAssociation: Duration
  /// The wait for a report after the k-th opening; the last repeats.
  package var askAgain: [Duration]
  /// An alarm is raised when a delivery has waited this long since it was first asked for.
  package var alarmAfter: Duration
  /// Failures with a reason that asks again, before the instance is sent again.
  package var asksBeforeResend: Int
  /// Sendings again because of reports, before the delivery fails.
  package var maxResends: Int
  /// The wait before the first sending again; doubles each time.
  package var resendAfter: Duration

  package init(
    quiet: Duration = .seconds(5), maxWait: Duration = .seconds(60), maxReferences: Int = 500,
    waitOnAssociation: Duration = .zero,
    askAgain: [Duration] = [.minutes(10), .minutes(30), .hours(2), .hours(8), .hours(24)],
    alarmAfter: Duration = .hours(24), asksBeforeResend: Int = 5, maxResends: Int = 3,
    resendAfter: Duration = .seconds(5)
  ) {
    self.quiet = quiet
    self.maxWait = maxWait
    self.maxReferences = maxReferences
    self.waitOnAssociation = waitOnAssociation
    self.askAgain = askAgain
    self.alarmAfter = alarmAfter
    self.asksBeforeResend = asksBeforeResend
    self.maxResends = maxResends
    self.resendAfter = resendAfter
  }

  /// The wait before one more sending again, when there were `resends`.
  package func resendWait(after resends: Int) -> Duration { resendAfter * (1 << min(resends, 16)) }

  /// The wait for a report after the `opening`-th opening, counted from 1.
  package func wait(afterOpening opening: Int) -> Duration {
    guard !askAgain.isEmpty else { return .minutes(10) }
    return askAgain[min(max(opening, 1), askAgain.count) - 1]
  }
}

/// A transaction as it is asked for: what goes into the N-ACTION-RQ.
package struct CommitmentTransaction: Sendable, Equatable {
  package var uid: UID
  package var destination: PeerName
  package var references: [SOPInstance]
  package var openedAt: Timestamp

  package init(uid: UID, destination: PeerName, references: [SOPInstance], openedAt: Timestamp) {
    self.uid = uid
    self.destination = destination
    self.references = references
    self.openedAt = openedAt
  }
}

extension [SOPInstance] {
  /// Each SOP Instance UID once, as a transaction may name it (PS3.4 §J.3.2.1.1).
  package func uniqued() -> [SOPInstance] {
    var seen: Set<UID> = []
    return filter { seen.insert($0.instanceUID).inserted }
  }
}

package enum TransactionOpening: Sendable, Equatable {
  case opened(CommitmentTransaction)
  /// Nothing is due; ask again at `next`, or when something more was sent if nil.
  case nothingDue(next: Timestamp?)
}

/// How a destination answered the N-ACTION-RQ.
package enum RequestAnswer: Sendable, Equatable {
  /// 0000H: received, not committed.
  case accepted
  /// It will never do this as configured (0112, 0118, 0122, 0124, 0211, context refused): its deliveries stay `sent`
  /// until `retryAt`; alarm.
  case refused(status: UInt16?, message: String, retryAt: Timestamp)
  /// Another failure status, or no answer: asked again by the clock.
  case failed(status: UInt16?, message: String)
  /// No association could be opened, so the request never left: the opening is taken back (`asks` - 1), the
  /// deliveries are asked for again from `retryAt` on.
  case notSent(message: String, retryAt: Timestamp)
}

/// An N-EVENT-REPORT as it was received (PS3.4 Table J.3-2), after removing duplicates within a list.
package struct CommitmentReport: Sendable, Equatable {
  package var transactionUID: UID
  package var committed: [SOPInstance]
  package var failed: [FailedReference]
  /// Who sent it, for the record: `AE@address`.
  package var reportedBy: String

  package init(transactionUID: UID, committed: [SOPInstance], failed: [FailedReference], reportedBy: String) {
    self.transactionUID = transactionUID
    self.committed = committed
    self.failed = failed
    self.reportedBy = reportedBy
  }
}

/// A reference with the Failure Reason (0008,1197) it was reported with.
package struct FailedReference: Sendable, Equatable {
  package var sop: SOPInstance
  /// 0110H when it was missing.
  package var reason: UInt16

  package init(sop: SOPInstance, reason: UInt16) {
    self.sop = sop
    self.reason = reason
  }
}

package enum ReportResult: Sendable, Equatable {
  case applied(Applied)
  /// No such transaction was ever opened: nothing changed.
  case unknownTransaction
  /// It was opened for another destination than any of the reporters: nothing changed.
  case wrongReporter(PeerName)

  package struct Applied: Sendable, Equatable {
    package var destination: PeerName
    package var proved: Int
    package var failed: Int
    /// References of the report that were not asked for, or are already decided.
    package var ignored: Int
    /// References asked for that the report does not mention.
    package var missing: Int
    /// Deliveries were put back into the queue.
    package var resends: Int

    package init(
      destination: PeerName, proved: Int = 0, failed: Int = 0, ignored: Int = 0, missing: Int = 0, resends: Int = 0
    ) {
      self.destination = destination
      self.proved = proved
      self.failed = failed
      self.ignored = ignored
      self.missing = missing
      self.resends = resends
    }
  }
}

/// What a failure in a report means for one delivery.
package enum ReportDecision: Sendable, Equatable {
  case resend(notBefore: Timestamp)
  case askAgain(notBefore: Timestamp)
  case permanent

  /// Judges Failure Reason `reason` (PS3.3 §C.14.1.1) for a delivery that was asked for `asks` times since it was
  /// last sent and sent again `resends` times. `answered` counts the asks that were answered with a reason to ask
  /// again, this one included; asks that nobody answered never cause a sending again.
  package static func judge(
    reason: UInt16, asks: Int, answered: Int? = nil, resends: Int, policy: CommitmentPolicy, now: Timestamp
  ) -> ReportDecision {
    switch reason {
    case 0x0119, 0x0122: .permanent
    case 0x0112: resendOrGiveUp(resends: resends, policy: policy, now: now)
    default:
      (answered ?? asks) >= policy.asksBeforeResend
        ? resendOrGiveUp(resends: resends, policy: policy, now: now)
        : .askAgain(notBefore: now + policy.wait(afterOpening: asks))
    }
  }

  private static func resendOrGiveUp(resends: Int, policy: CommitmentPolicy, now: Timestamp) -> ReportDecision {
    resends < policy.maxResends ? .resend(notBefore: now + policy.resendWait(after: resends)) : .permanent
  }
}
