import DICOM
import EscrowCore

/// Everything that a ledger keeps, as one value: a copy of it is a snapshot.
///
/// Its verbs are those of ``Ledger`` with the same names and meanings, each one transaction; they return at once. One
/// that throws may have changed something: ``MemoryLedger`` undoes that.
package struct MemoryRecord: Sendable, Equatable {
  /// In the order of their admission; the number of an instance is its index + 1.
  var consignments: NumberedRows<Consignment> = []
  /// The wave of each, by index.
  var waveOfRow: [Int] = []
  var rowOfInstance: [InstanceID: Int] = [:]
  var rowOfDelivery: [DeliveryID: Int] = [:]
  /// The number of the latest delivery.
  var lastDelivery: Int64 = 0
  var rowsOfSOPInstance: [UID: [Int]] = [:]
  /// What is being sent, by whom.
  var claims: [DeliveryID: MemoryClaim] = [:]
  /// The number of a wave is its index + 1.
  var waves: [MemoryWave] = []
  var openWaves: [UID: Int] = [:]
  /// When something of a study was last sent that is to be asked for; may outlive what it speaks of.
  var quietTimes: [MemoryQuietKey: Timestamp] = [:]
  /// In the order of their opening; the number of a transaction is its index + 1.
  var commitments: NumberedRows<MemoryCommitment> = []
  var commitmentOfUID: [UID: Int] = [:]
  /// In the order of asking.
  var inquiries: [MemoryInquiry] = []
  var stores: [MemoryStore] = []
  /// All jobs in the order of submission; the number of a job is its index + 1.
  var jobOrder: NumberedRows<JobID> = []
  var modalities: [PeerName: NamedModality] = [:]
  var unlisted = UnlistedSenders()
  var attempts: [DeliveryID: [AttemptRecord]] = [:]
  /// The sequence of an event is its index + 1.
  var history: NumberedRows<RecordedEvent> = []
  /// What is left of studies, by their key.
  var summaries: [UID: StudySummary] = [:]
  /// In the order in which they began.
  var legalHolds: [LegalHold] = []
  var openAlarms: [MemoryAlarmKey: Alarm] = [:]
  var knownEndpoints: [String: EndpointStatus] = [:]
  var subscribers: [EventKind: Set<String>] = [:]
  /// The number of a message is its index + 1.
  var outbox: NumberedRows<MemoryMessage> = []
  /// Which process writes: claims of others are void.
  var incarnation: Int64 = 0

  /// A ledger without anything on record.
  package init() {}

  /// A new process writes from now on, as when a ledger is opened.
  package mutating func beginIncarnation() { incarnation += 1 }
}

extension MemoryRecord {
  /// The consignments that `isWanted`, in the order of their admission, with their indexes.
  func rows(where isWanted: (Consignment) -> Bool) -> [(row: Int, consignment: Consignment)] {
    consignments.indices.filter { isWanted(consignments[$0]) }.map { (row: $0, consignment: consignments[$0]) }
  }

  func delivery(_ id: DeliveryID) -> Delivery? {
    guard let row = rowOfDelivery[id] else { return nil }
    return consignments[row].deliveries.first { $0.id == id }
  }

  /// The deliveries that `isWanted`, in the order of their admission, with what is known of their instances.
  func records(where isWanted: (Delivery) -> Bool) -> [DeliveryRecord] {
    consignments.flatMap { consignment in
      consignment.deliveries.filter(isWanted).map { DeliveryRecord($0, of: consignment.instance) }
    }.sorted { $0.delivery.id < $1.delivery.id }
  }

  /// Writes a delivery as it is; its claim ends unless it is being sent.
  mutating func write(_ delivery: Delivery) {
    guard let row = rowOfDelivery[delivery.id],
      let index = consignments[row].deliveries.firstIndex(where: { $0.id == delivery.id })
    else { return }
    let before = consignments[row].deliveries[index]
    consignments[row].deliveries[index] = delivery
    let ended = before.state != delivery.state && delivery.state.isTerminal
    if ended || before.contradicted != delivery.contradicted
      || before.discardedElements != delivery.discardedElements
    {
      let isDoubtful = delivery.contradicted || delivery.discardedElements
      touch(consignments[row].instance.sop.instanceUID, wasContradicted: isDoubtful)
    }
    if ended, delivery.origin == .api { touchStores(of: delivery.id) }
    if delivery.state != .sending { claims[delivery.id] = nil }
  }
}

extension DeliveryRecord {
  /// A delivery of `instance`.
  init(_ delivery: Delivery, of instance: Instance) {
    self.init(
      delivery: delivery, sop: instance.sop, studyInstanceUID: instance.attributes.studyInstanceUID,
      receivedAt: instance.receivedAt, callingAE: instance.source.callingAE, bytes: instance.dataSetLength)
  }

  /// What groups it for asking: its study, or itself when that is not known.
  var studyKey: UID { studyInstanceUID ?? sop.instanceUID }
}
