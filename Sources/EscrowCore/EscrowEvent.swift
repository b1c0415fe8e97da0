package import DICOM

/// Something that happened, for the record, the trace and the webhooks.
package struct EscrowEvent: Sendable, Equatable {
  package var kind: EventKind
  package var at: Timestamp
  package var studyInstanceUID: UID?
  package var sopInstanceUID: UID?
  package var instance: InstanceID?
  package var destination: PeerName?
  package var transactionUID: UID?
  /// How many instances it speaks of.
  package var instances: Int?
  package var failed: Int?
  package var reason: String?
  package var reasonCode: UInt16?
  /// Who caused it: `system`, an operator, or `AE@address`.
  package var actor: String

  package init(
    _ kind: EventKind, at: Timestamp, studyInstanceUID: UID? = nil, sopInstanceUID: UID? = nil,
    instance: InstanceID? = nil, destination: PeerName? = nil, transactionUID: UID? = nil, instances: Int? = nil,
    failed: Int? = nil, reason: String? = nil, reasonCode: UInt16? = nil, actor: String = "system"
  ) {
    self.kind = kind
    self.at = at
    self.studyInstanceUID = studyInstanceUID
    self.sopInstanceUID = sopInstanceUID
    self.instance = instance
    self.destination = destination
    self.transactionUID = transactionUID
    self.instances = instances
    self.failed = failed
    self.reason = reason
    self.reasonCode = reasonCode
    self.actor = actor
  }
}

/// The names of events as webhooks carry them.
package enum EventKind: String, Sendable, Codable, CaseIterable {
  case studyReceived = "study.received"
  case studyDelivered = "study.delivered"
  case studyCommitted = "study.committed"
  case studyPurged = "study.purged"
  case deliveryFailed = "delivery.failed"
  case commitmentRequested = "commitment.requested"
  case commitmentSucceeded = "commitment.succeeded"
  case commitmentPartial = "commitment.partial"
  case commitmentFailed = "commitment.failed"
  case commitmentOverdue = "commitment.overdue"
  case commitmentContradicted = "commitment.contradicted"
  case destinationDown = "destination.down"
  case destinationUp = "destination.up"
  case storageLow = "storage.low"
  case storageFull = "storage.full"
  case instanceHeld = "instance.held"
  case instanceConflict = "instance.conflict"
  case instanceDamaged = "instance.damaged"
  case associationRejected = "association.rejected"
  case sourceSilent = "source.silent"
  case ping = "ping"
  /// Only on record: an instance was admitted.
  case instanceReceived = "instance.received"
  /// Only on record: an instance that we had sent to its sender came back.
  case instanceLooped = "instance.looped"
  /// Only on record: an instance's copy was deleted.
  case instancePurged = "instance.purged"
  /// Only on record: a query found an instance at a destination.
  case instanceFound = "instance.found"
  /// Only on record: a query that came to its end did not find an instance at a destination.
  case instanceNotFound = "instance.notFound"
  /// Only on record: a storage commitment report was refused, so it changed nothing.
  case reportRefused = "report.refused"
  /// Only on record: a peer asked for storage commitment.
  case inquiryReceived = "inquiry.received"
  /// Only on record: a peer was told the answer.
  case inquiryAnswered = "inquiry.answered"
  /// Only on record: an operator did something.
  case operatorAction = "operator.action"

  /// Whether webhooks may subscribe to it.
  package var isPublic: Bool {
    ![
      .instanceReceived, .instanceLooped, .instancePurged, .instanceFound, .instanceNotFound, .reportRefused,
      .inquiryReceived, .inquiryAnswered,
      .operatorAction,
    ].contains(self)
  }
}

/// An event with its place in the record.
package struct RecordedEvent: Sendable, Equatable {
  /// Rises by one or more from event to event.
  package var sequence: Int64
  package var event: EscrowEvent

  package init(sequence: Int64, event: EscrowEvent) {
    self.sequence = sequence
    self.event = event
  }
}

/// A condition that people must know of, open until its cause ends.
package struct Alarm: Sendable, Equatable {
  package var kind: AlarmKind
  /// What it is about: a destination, an instance, a path.
  package var subject: String
  package var since: Timestamp
  package var text: String

  package init(_ kind: AlarmKind, subject: String, since: Timestamp, text: String) {
    self.kind = kind
    self.subject = subject
    self.since = since
    self.text = text
  }
}

/// The oldest first.
extension Alarm: Comparable {
  package static func < (left: Alarm, right: Alarm) -> Bool {
    (left.since, left.kind.rawValue, left.subject) < (right.since, right.kind.rawValue, right.subject)
  }
}

package enum AlarmKind: String, Sendable, Codable, CaseIterable {
  case destinationDown = "destination.down"
  /// Deliveries wait for a destination that is not configured any more.
  case destinationMissing = "destination.missing"
  case commitmentOverdue = "commitment.overdue"
  case commitmentRefused = "commitment.refused"
  case commitmentContradicted = "commitment.contradicted"
  /// A destination has not been found, by query, to have what was sent to it.
  case queryOverdue = "query.overdue"
  /// A destination does not let us query it.
  case queryRefused = "query.refused"
  case deliveryFailed = "delivery.failed"
  /// A destination takes nothing of some kind: what is of it waits for an operator.
  case deliveryHeld = "delivery.held"
  case instanceHeld = "instance.held"
  case instanceConflict = "instance.conflict"
  case instanceDamaged = "instance.damaged"
  case storageLow = "storage.low"
  case storageFull = "storage.full"
  case clockJumped = "clock.jumped"
  case webhookDisabled = "webhook.disabled"
  /// A peer cannot be told what was decided about its instances.
  case reportUndelivered = "report.undelivered"
  /// An operator stopped sending to a destination for a while.
  case destinationPaused = "destination.paused"
  /// An operator stopped sending to a destination for good.
  case destinationRetired = "destination.retired"
  /// An operator stopped the intake.
  case maintenance = "maintenance"
  /// The ledger was put back from a backup, or made anew from the spool's files.
  case ledgerReplaced = "ledger.replaced"
  /// A peer sent nothing for longer than it should within its hours.
  case sourceSilent = "source.silent"
  /// A peer's copies have used up its quota, so that it is refused.
  case sourceQuota = "source.quota"
  /// The configuration was to be read again and is not right, so what was in force stays.
  case reloadFailed = "reload.failed"

  /// Those under which nothing is claimed for the destination that they are about.
  package static let stopsSending: [AlarmKind] = [.destinationPaused, .destinationRetired]

  /// Whether its time is that of the latest cause, from which it ends by itself, rather than of the first.
  package var isRenewed: Bool { self == .clockJumped }
}
