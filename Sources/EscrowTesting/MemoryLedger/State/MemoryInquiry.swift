import DICOM
import EscrowCore

/// A peer's request for commitment with its references.
struct MemoryInquiry: Sendable, Equatable {
  var record: InquiryRecord
  var content: String
  var references: [Reference]
  /// How many of them were looked at.
  var read = 0
  var isDeleted = false

  struct Reference: Sendable, Equatable {
    var sop: SOPInstance
    /// 0 for committed, otherwise the Failure Reason; nil while undecided.
    var reason: UInt16?
    var isTouched = false
  }

  var isUnread: Bool { read < references.count }
  var hasNews: Bool { isUnread || references.contains { $0.isTouched } }
}

/// A wish to send with its instances.
struct MemoryStore: Sendable, Equatable {
  var record: StoreRecord
  var items: [Item]
  var isDeleted = false

  struct Item: Sendable, Equatable {
    /// The index of the instance's consignment.
    var row: Int
    var delivery: DeliveryID?
    /// Nil while open.
    var isDone: Bool?
    /// The job queued it.
    var isOwn = false
  }
}
