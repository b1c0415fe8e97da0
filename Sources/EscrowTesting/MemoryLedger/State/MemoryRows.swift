import DICOM
import EscrowCore

/// Who sends a delivery, and how long that counts.
struct MemoryClaim: Sendable, Equatable {
  var lease: MonotonicTime
  var incarnation: Int64
  var claimedAt: Timestamp
}

/// A wave of arrivals of a study.
struct MemoryWave: Sendable, Equatable {
  var wave: StudyWave
  /// Something changed since it was last looked at.
  var isChanged = false
}

/// A study at a destination.
struct MemoryQuietKey: Sendable, Hashable {
  var destination: PeerName
  var study: UID
}

/// What an alarm is about.
struct MemoryAlarmKey: Sendable, Hashable {
  var kind: AlarmKind
  var subject: String
}

/// A commitment transaction with its items.
struct MemoryCommitment: Sendable, Equatable {
  /// Transactions are numbered as they are opened.
  var number: Int64
  /// The index of the one that it asks again for.
  var root: Int?
  var openings = 1
  var study: UID?
  /// Without what ``items`` know.
  var record: TransactionRecord
  var items: [TransactionItem]

  /// The transaction with what its items say.
  var complete: TransactionRecord {
    var complete = record
    complete.committed = items.count { $0.committed == true }
    complete.failed = items.filter { $0.committed == false }
      .sorted { $0.sop.instanceUID.rawValue < $1.sop.instanceUID.rawValue }
      .map { FailedReference(sop: $0.sop, reason: $0.reasonCode ?? 0x0110) }
    return complete
  }
}

/// An event that an endpoint was or is to be told.
struct MemoryMessage: Sendable, Equatable {
  var id: Int64
  var messageID: String
  var endpoint: String
  /// The event's sequence.
  var event: Int64
  var state: WebhookLogEntry.State
  var tries = 0
  var firstTryAt: Timestamp?
  var nextAt: Timestamp?
  var lastStatus: Int?
  var lastError: String?
  var lastAt: Timestamp?
}
