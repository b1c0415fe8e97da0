package import DICOM

/// A part of a long list.
package struct PageRequest: Sendable, Equatable {
  /// Where the last page ended; nil for the first.
  package var cursor: String?
  package var limit: Int

  package init(cursor: String? = nil, limit: Int = 100) {
    self.cursor = cursor
    self.limit = limit
  }
}

extension PageRequest {
  /// The number after which the page begins, as ledgers use it for a cursor.
  package func position() throws -> Int64? {
    guard let cursor else { return nil }
    guard let position = Int64(cursor) else { throw LedgerError.invalidCursor(cursor) }
    return position
  }
}

package struct Page<Item: Sendable>: Sendable {
  package var items: [Item]
  /// Where the next page begins; nil after the last.
  package var next: String?

  package init(items: [Item], next: String?) {
    self.items = items
    self.next = next
  }

  /// The page that `rows`, found with one more than `limit`, make; `position` is what a cursor names.
  package init<Row>(_ rows: [Row], limit: Int, position: (Row) -> Int64, item: (Row) throws -> Item) rethrows {
    let shown = rows.prefix(limit)
    items = try shown.map(item)
    next = rows.count > limit ? shown.last.map { String(position($0)) } : nil
  }
}

/// Conditions on instances; all that are set must hold, a set means any of.
package struct InstanceFilter: Sendable, Equatable {
  package var ids: Set<InstanceID>?
  package var sopInstanceUID: UID?
  package var studyInstanceUID: UID?
  package var states: Set<InstanceState>?
  package var patientID: String?
  /// Who sent it first.
  package var callingAEs: Set<AETitle>?
  package var peers: Set<PeerName>?
  /// A part of its reason, whatever the case of ASCII letters.
  package var reason: String?
  package var receivedBefore: Timestamp?
  /// Not before this.
  package var receivedAfter: Timestamp?

  package init(
    ids: Set<InstanceID>? = nil, sopInstanceUID: UID? = nil, studyInstanceUID: UID? = nil,
    states: Set<InstanceState>? = nil
  ) {
    self.ids = ids
    self.sopInstanceUID = sopInstanceUID
    self.studyInstanceUID = studyInstanceUID
    self.states = states
  }
}

/// Conditions on deliveries; all that are set must hold, a set means any of.
package struct DeliveryFilter: Sendable, Equatable {
  package var ids: Set<DeliveryID>?
  package var states: Set<DeliveryState>?
  package var destinations: Set<PeerName>?
  package var instance: InstanceID?
  package var sopInstanceUID: UID?
  package var studyInstanceUID: UID?
  package var patientID: String?
  /// Who sent its instance first.
  package var callingAEs: Set<AETitle>?
  package var peers: Set<PeerName>?
  /// Those that any of these routes asked for.
  package var routes: Set<String>?
  package var proofs: Set<Proof>?
  package var isHeld: Bool?
  /// A part of its reason, or of the reason of its hold, whatever the case of ASCII letters.
  package var reason: String?
  /// Destinations to which the same part says why nothing is sent: what is queued there, and neither
  /// held nor behind another, is meant as well.
  package var reasonOf: Set<PeerName> = []
  /// A part of its last error, likewise.
  package var lastError: String?
  /// Nothing waits for a time after this, or for none at all.
  package var dueBefore: Timestamp?
  /// It waits for a time that is not before this.
  package var dueAfter: Timestamp?
  package var receivedBefore: Timestamp?
  /// Not before this.
  package var receivedAfter: Timestamp?

  package init(
    ids: Set<DeliveryID>? = nil, states: Set<DeliveryState>? = nil, destinations: Set<PeerName>? = nil,
    instance: InstanceID? = nil, sopInstanceUID: UID? = nil, studyInstanceUID: UID? = nil
  ) {
    self.ids = ids
    self.states = states
    self.destinations = destinations
    self.instance = instance
    self.sopInstanceUID = sopInstanceUID
    self.studyInstanceUID = studyInstanceUID
  }
}

package struct TransactionFilter: Sendable, Equatable {
  package var destinations: Set<PeerName>?
  package var states: Set<TransactionRecord.State>?
  package var sopInstanceUID: UID?

  package init(
    destinations: Set<PeerName>? = nil, states: Set<TransactionRecord.State>? = nil, sopInstanceUID: UID? = nil
  ) {
    self.destinations = destinations
    self.states = states
    self.sopInstanceUID = sopInstanceUID
  }
}

/// An instance with its deliveries.
package struct InstanceRecord: Sendable, Equatable {
  package var instance: Instance
  package var deliveries: [Delivery]

  package init(instance: Instance, deliveries: [Delivery]) {
    self.instance = instance
    self.deliveries = deliveries
  }
}

/// A delivery with what people need to recognize it.
package struct DeliveryRecord: Sendable, Equatable {
  package var delivery: Delivery
  package var sop: SOPInstance
  package var studyInstanceUID: UID?
  package var receivedAt: Timestamp
  package var callingAE: AETitle
  package var bytes: Int64

  package init(
    delivery: Delivery, sop: SOPInstance, studyInstanceUID: UID?, receivedAt: Timestamp, callingAE: AETitle,
    bytes: Int64
  ) {
    self.delivery = delivery
    self.sop = sop
    self.studyInstanceUID = studyInstanceUID
    self.receivedAt = receivedAt
    self.callingAE = callingAE
    self.bytes = bytes
  }
}

package struct LedgerStatus: Sendable, Equatable {
  package var instances: [InstanceState: Int]
  package var deliveries: [DeliveryState: Int]
  package var backlogs: [PeerName: Backlog]
  /// Bytes of the data sets whose files are in the spool.
  package var bytes: Int64

  /// What waits for one destination.
  package struct Backlog: Sendable, Equatable {
    package var queued: Int
    /// When the oldest delivery that has not ended was received.
    package var oldest: Timestamp?
    package var sent: Int
    package var requested: Int
    package var failed: Int

    package init(queued: Int = 0, oldest: Timestamp? = nil, sent: Int = 0, requested: Int = 0, failed: Int = 0) {
      self.queued = queued
      self.oldest = oldest
      self.sent = sent
      self.requested = requested
      self.failed = failed
    }
  }

  package init(
    instances: [InstanceState: Int] = [:], deliveries: [DeliveryState: Int] = [:], backlogs: [PeerName: Backlog] = [:],
    bytes: Int64 = 0
  ) {
    self.instances = instances
    self.deliveries = deliveries
    self.backlogs = backlogs
    self.bytes = bytes
  }
}

extension LedgerStatus {
  /// Adds `count` deliveries of one state to what is told of a destination.
  package mutating func count(_ count: Int, of state: DeliveryState, at destination: PeerName) {
    deliveries[state, default: 0] += count
    let part: WritableKeyPath<Backlog, Int>? =
      switch state {
      case .queued: \.queued
      case .sent: \.sent
      case .requested: \.requested
      case .failed: \.failed
      default: nil
      }
    guard let part else { return }
    backlogs[destination, default: Backlog()][keyPath: part] += count
  }
}

/// A transaction as it stands.
package struct TransactionRecord: Sendable, Equatable {
  package var uid: UID
  package var destination: PeerName
  package var state: State
  package var openedAt: Timestamp
  package var answeredAt: Timestamp?
  /// What the destination said to the request, or why it failed.
  package var message: String?
  package var reportedBy: String?
  /// When its open references are asked for again.
  package var nextAskAt: Timestamp?
  package var references: Int
  package var committed: Int
  package var failed: [FailedReference]
  /// Opened by the API, not for deliveries of routes.
  package var manual: Bool

  package enum State: String, Sendable, Codable, CaseIterable {
    /// Written, or received by the destination, and not reported.
    case open
    case answered
    case refused
  }

  package init(
    uid: UID, destination: PeerName, state: State, openedAt: Timestamp, answeredAt: Timestamp? = nil,
    message: String? = nil, reportedBy: String? = nil, nextAskAt: Timestamp? = nil, references: Int, committed: Int,
    failed: [FailedReference], manual: Bool
  ) {
    self.uid = uid
    self.destination = destination
    self.state = state
    self.openedAt = openedAt
    self.answeredAt = answeredAt
    self.message = message
    self.reportedBy = reportedBy
    self.nextAskAt = nextAskAt
    self.references = references
    self.committed = committed
    self.failed = failed
    self.manual = manual
  }
}

/// Everything on record about one UID.
package struct Trace: Sendable, Equatable {
  package var instances: [Instance]
  package var deliveries: [Delivery]
  package var attempts: [AttemptRecord]
  package var transactions: [TransactionItem]
  package var events: [RecordedEvent]
  /// What is left of the instances of the study whose rows are gone; nil when none are.
  package var summary: StudySummary?

  package init(
    instances: [Instance], deliveries: [Delivery], attempts: [AttemptRecord], transactions: [TransactionItem],
    events: [RecordedEvent], summary: StudySummary? = nil
  ) {
    self.instances = instances
    self.deliveries = deliveries
    self.attempts = attempts
    self.transactions = transactions
    self.events = events
    self.summary = summary
  }
}

/// One attempt on record.
package struct AttemptRecord: Sendable, Equatable {
  package var delivery: DeliveryID
  package var attempt: Int
  package var startedAt: Timestamp
  package var endedAt: Timestamp
  /// `stored`, `retry`, `failed`, `returned`, or `expired` when its lease ended without an outcome.
  package var result: String
  package var status: UInt16?
  package var message: String?
  package var association: String?
  /// What the data set was offered in; nil when it was not offered.
  package var transferSyntax: UID?

  package init(
    delivery: DeliveryID, attempt: Int, startedAt: Timestamp, endedAt: Timestamp, result: String, status: UInt16?,
    message: String?, association: String?, transferSyntax: UID?
  ) {
    self.delivery = delivery
    self.attempt = attempt
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.result = result
    self.status = status
    self.message = message
    self.association = association
    self.transferSyntax = transferSyntax
  }
}

/// One delivery's item in one transaction.
package struct TransactionItem: Sendable, Equatable {
  package var uid: UID
  package var destination: PeerName
  package var delivery: DeliveryID?
  package var sop: SOPInstance
  /// The delivery's attempt when the transaction was opened.
  package var attempt: Int
  package var openedAt: Timestamp
  /// Nil while undecided.
  package var committed: Bool?
  package var reasonCode: UInt16?
  package var reportedBy: String?
  package var decidedAt: Timestamp?

  package init(
    uid: UID, destination: PeerName, delivery: DeliveryID?, sop: SOPInstance, attempt: Int, openedAt: Timestamp,
    committed: Bool? = nil, reasonCode: UInt16? = nil, reportedBy: String? = nil, decidedAt: Timestamp? = nil
  ) {
    self.uid = uid
    self.destination = destination
    self.delivery = delivery
    self.sop = sop
    self.attempt = attempt
    self.openedAt = openedAt
    self.committed = committed
    self.reasonCode = reasonCode
    self.reportedBy = reportedBy
    self.decidedAt = decidedAt
  }
}

/// A file that the ledger says is in the spool.
package struct ExpectedFile: Sendable, Equatable {
  package var instance: InstanceID
  package var file: InstanceID
  package var state: InstanceState
  /// Of the data set, in bytes.
  package var dataSetLength: Int64
  package var digest: Digest

  package init(
    instance: InstanceID, file: InstanceID, state: InstanceState, dataSetLength: Int64, digest: Digest
  ) {
    self.instance = instance
    self.file = file
    self.state = state
    self.dataSetLength = dataSetLength
    self.digest = digest
  }
}
