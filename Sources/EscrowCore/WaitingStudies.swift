package import DICOM

/// What waits for a destination, study by study.
package struct WaitingStudies: Sendable, Equatable {
  /// By what groups their instances: the study, or the SOP Instance UID where none is known.
  package private(set) var studies: [UID: WaitingStudy] = [:]
  /// Whether nothing was passed over.
  package var isComplete = true

  /// Of which deliveries it speaks.
  package static let states: [DeliveryState] = [.queued, .sending, .sent, .requested, .failed]

  package init() {}

  /// Those that wait longest first.
  package var oldestFirst: [WaitingStudy] {
    studies.values.sorted { ($0.oldest, $0.key.rawValue) < ($1.oldest, $1.key.rawValue) }
  }

  /// Adds `count` deliveries of one study, state and reason.
  package mutating func add(
    _ count: Int, of study: UID, in state: DeliveryState, bytes: Int64, oldest: Timestamp, reason: String?
  ) {
    var waiting = studies[study] ?? WaitingStudy(key: study, oldest: oldest)
    waiting.states[state, default: 0] += count
    waiting.bytes += bytes
    waiting.oldest = min(waiting.oldest, oldest)
    if let reason { waiting.reasons[reason, default: 0] += count }
    studies[study] = waiting
  }

  /// Adds one delivery.
  package mutating func add(_ record: DeliveryRecord) {
    add(
      1, of: record.studyInstanceUID ?? record.sop.instanceUID, in: record.delivery.state, bytes: record.bytes,
      oldest: record.receivedAt, reason: record.delivery.waitingReason)
  }
}

/// What of one study waits for a destination.
package struct WaitingStudy: Sendable, Equatable {
  package var key: UID
  /// When the first of it was received.
  package var oldest: Timestamp
  package var bytes: Int64 = 0
  package var states: [DeliveryState: Int] = [:]
  /// Why, and how many for that.
  package var reasons: [String: Int] = [:]
}

extension Delivery {
  /// Why it waits, as people are told of many at once.
  package var waitingReason: String? { hold.map { "held by \($0.by): \($0.reason)" } ?? reason }
}
