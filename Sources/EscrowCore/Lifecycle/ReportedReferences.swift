package import DICOM

/// A report with its rules on references applied: each SOP Instance UID once, failure before success.
package struct ReportedReferences: Sendable {
  private var failures: [UID: UInt16] = [:]
  private var successes: [UID: UID] = [:]
  /// The SOP Instance UIDs that the report names, in its order.
  package private(set) var uids: [UID] = []

  package init(_ report: CommitmentReport) {
    for reference in report.failed {
      guard failures[reference.sop.instanceUID] == nil else { continue }
      uids.append(reference.sop.instanceUID)
      failures[reference.sop.instanceUID] = reference.reason
    }
    for sop in report.committed {
      guard failures[sop.instanceUID] == nil, successes[sop.instanceUID] == nil else { continue }
      uids.append(sop.instanceUID)
      successes[sop.instanceUID] = sop.classUID
    }
  }

  /// The Failure Reason for what was asked for as `sop`; nil is success. A success for another SOP Class is a
  /// failure as class/instance conflict, 0119H (PS3.3 §C.14.1.1).
  package func failure(of sop: SOPInstance) -> UInt16? {
    if let reason = failures[sop.instanceUID] { return reason }
    return successes[sop.instanceUID] == sop.classUID ? nil : 0x0119
  }
}

extension TransactionRecord {
  /// What a report made of this transaction, as an event.
  package func reportEvent(study: UID?, actor: String, now: Timestamp) -> EscrowEvent {
    let kind: EventKind =
      committed == references ? .commitmentSucceeded : committed == 0 ? .commitmentFailed : .commitmentPartial
    return EscrowEvent(
      kind, at: now, studyInstanceUID: study, destination: destination, transactionUID: uid, instances: references,
      failed: failed.count, actor: actor)
  }
}

extension EscrowEvent {
  /// A transaction was written, and is about to be asked.
  package static func requested(
    _ transaction: CommitmentTransaction, study: UID?, actor: String = "system"
  ) -> EscrowEvent {
    EscrowEvent(
      .commitmentRequested, at: transaction.openedAt, studyInstanceUID: study, destination: transaction.destination,
      transactionUID: transaction.uid, instances: transaction.references.count, actor: actor)
  }

  /// A destination has not reported for too long.
  package static func overdue(_ destination: PeerName, since: Timestamp, at now: Timestamp) -> EscrowEvent {
    EscrowEvent(
      .commitmentOverdue, at: now, destination: destination, reason: "no report of use since \(since.rfc3339)")
  }
}

extension Alarm {
  /// What the alarm about a ledger is about that was put back or made anew; open while copies wait to be confirmed.
  package static let replacedLedger = "ledger"

  /// A destination has not reported for too long.
  package static func overdue(_ destination: PeerName, since: Timestamp, at now: Timestamp) -> Alarm {
    Alarm(
      .commitmentOverdue, subject: destination.rawValue, since: now, text: "no report of use since \(since.rfc3339)")
  }

  /// An endpoint is told nothing any more.
  package static func webhookDisabled(_ endpoint: String, reason: String, at now: Timestamp) -> Alarm {
    Alarm(.webhookDisabled, subject: endpoint, since: now, text: reason)
  }

  /// A destination refuses to be asked for commitment.
  package static func refused(_ destination: PeerName, message: String, at now: Timestamp) -> Alarm {
    Alarm(
      .commitmentRefused, subject: destination.rawValue, since: now,
      text: "\(message); if it cannot commit, ask for `proof: query` or `proof: response` in the routes that send there"
    )
  }
}
