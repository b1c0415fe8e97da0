import DICOM
import EscrowCore

/// `GET /api/v1/trace/{uid}`: all that is on record of a SOP Instance UID or a Study Instance UID.
package struct TraceBody: Codable, Sendable {
  package var instances: [InstanceBody]
  package var deliveries: [DeliveryBody]
  package var attempts: [AttemptBody]
  package var transactions: [TraceTransactionBody]
  /// What peers asked about it, and what they were told; empty for a study.
  package var inquiries: [InquiredBody]
  package var events: [EventBody]
  /// What is left of the study's instances whose records are gone; null when none are.
  @OrNull package var summary: StudySummaryBody?

  init(_ trace: Trace, inquired: [InquiredItem], _ waiting: WaitingReason) {
    instances = trace.instances.map { instance in
      InstanceBody(
        InstanceRecord(instance: instance, deliveries: trace.deliveries.filter { $0.instance == instance.id }), waiting)
    }
    deliveries = trace.deliveries.map { DeliveryBody($0, waiting) }
    attempts = trace.attempts.map { AttemptBody($0) }
    transactions = trace.transactions.map { TraceTransactionBody($0) }
    inquiries = inquired.map { InquiredBody($0) }
    events = trace.events.map { EventBody($0) }
    summary = trace.summary.map { StudySummaryBody($0) }
  }
}

package struct AttemptBody: Codable, Sendable {
  package var delivery: Int64
  package var attempt: Int
  package var startedAt: String
  package var endedAt: String
  package var result: String
  /// The DIMSE status, e.g. `A700H`.
  @OrNull package var status: String?
  @OrNull package var message: String?
  @OrNull package var association: String?
  /// What the data set was offered in, a UID.
  @OrNull package var transferSyntax: String?

  init(_ record: AttemptRecord) {
    delivery = record.delivery.rawValue
    attempt = record.attempt
    startedAt = record.startedAt.rfc3339
    endedAt = record.endedAt.rfc3339
    result = record.result
    status = record.status.map { hexadecimal($0) }
    message = record.message
    association = record.association
    transferSyntax = record.transferSyntax?.rawValue
  }
}

/// What one transaction said of one delivery.
package struct TraceTransactionBody: Codable, Sendable {
  package var uid: String
  package var to: String
  package var sopInstanceUID: String
  @OrNull package var delivery: Int64?
  package var openedAt: String
  /// `committed`, `failed` or null while open.
  @OrNull package var result: String?
  /// The Failure Reason (0008,1197), e.g. `0112H`.
  @OrNull package var reason: String?
  @OrNull package var reportedBy: String?
  @OrNull package var decidedAt: String?

  init(_ item: TransactionItem) {
    uid = item.uid.rawValue
    to = item.destination.rawValue
    sopInstanceUID = item.sop.instanceUID.rawValue
    delivery = item.delivery?.rawValue
    openedAt = item.openedAt.rfc3339
    result = item.committed.map { $0 ? "committed" : "failed" }
    reason = item.reasonCode.map { hexadecimal($0) }
    reportedBy = item.reportedBy
    decidedAt = item.decidedAt?.rfc3339
  }
}

/// Something that happened.
package struct EventBody: Codable, Sendable {
  package var sequence: Int64
  package var at: String
  package var type: String
  package var actor: String
  @OrNull package var studyInstanceUID: String?
  @OrNull package var sopInstanceUID: String?
  @OrNull package var to: String?
  @OrNull package var transactionUID: String?
  @OrNull package var instances: Int?
  @OrNull package var failed: Int?
  @OrNull package var reason: String?
  @OrNull package var reasonCode: String?

  init(_ recorded: RecordedEvent) {
    let event = recorded.event
    sequence = recorded.sequence
    at = event.at.rfc3339
    type = event.kind.rawValue
    actor = event.actor
    studyInstanceUID = event.studyInstanceUID?.rawValue
    sopInstanceUID = event.sopInstanceUID?.rawValue
    to = event.destination?.rawValue
    transactionUID = event.transactionUID?.rawValue
    instances = event.instances
    failed = event.failed
    reason = event.reason
    reasonCode = event.reasonCode.map { hexadecimal($0) }
  }
}

/// A status or reason code as the standard prints it: four hexadecimal digits and `H`.
func hexadecimal(_ code: UInt16) -> String {
  let digits = String(code, radix: 16, uppercase: true)
  return String(repeating: "0", count: 4 - digits.count) + digits + "H"
}
