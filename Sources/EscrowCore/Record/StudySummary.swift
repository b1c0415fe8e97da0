package import DICOM

/// What is left on record of a study when the rows of its instances are gone: what came, how much, where it went, who
/// committed to it, when the copies went.
package struct StudySummary: Sendable, Equatable {
  /// The study, or the instance whose study is not known.
  package var key: UID
  package var isStudy: Bool
  package var patientID: String?
  package var issuerOfPatientID: String?
  package var accessionNumber: String?
  package var studyDate: String?
  /// Each once, in order.
  package var modalities: [String] = []
  /// The AE titles that sent it, each once, in order.
  package var callingAEs: [String] = []
  package var firstArrival: Timestamp
  package var lastArrival: Timestamp
  /// Instances whose rows are gone; those that are on record are not among them.
  package var instances = 0
  /// Bytes of their data sets.
  package var bytes: Int64 = 0
  /// Copies that went because they were safe elsewhere.
  package var purged = 0
  /// Copies that went by an administrator's decision.
  package var discarded = 0
  /// When the first and the last copy went.
  package var firstGone: Timestamp
  package var lastGone: Timestamp
  /// By name.
  package var destinations: [Destination] = []

  /// What became of a study at one destination.
  package struct Destination: Sendable, Equatable, Codable {
    package var name: PeerName
    /// Deliveries that were proved as was asked for with each, those by hand included.
    package var delivered = 0
    package var failed = 0
    /// Deliveries that were cancelled, waived, or made by another.
    package var others = 0
    /// Deliveries of ``delivered`` to which the destination committed.
    package var committed = 0
    /// The latest report that said so.
    package var lastCommitment: Commitment?

    init(_ name: PeerName) { self.name = name }
  }

  /// A report that said that instances are safe.
  package struct Commitment: Sendable, Equatable, Codable {
    package var transactionUID: UID
    package var reportedBy: String
    package var at: Timestamp

    package init(transactionUID: UID, reportedBy: String, at: Timestamp) {
      self.transactionUID = transactionUID
      self.reportedBy = reportedBy
      self.at = at
    }
  }

  package init(key: UID, isStudy: Bool, firstArrival: Timestamp, firstGone: Timestamp) {
    self.key = key
    self.isStudy = isStudy
    self.firstArrival = firstArrival
    lastArrival = firstArrival
    self.firstGone = firstGone
    lastGone = firstGone
  }

  /// A summary without anything but when `consignment` came and went.
  package init(of consignment: Consignment) {
    let instance = consignment.instance
    self.init(
      key: instance.studyKey, isStudy: instance.attributes.studyInstanceUID != nil, firstArrival: instance.receivedAt,
      firstGone: instance.goneAt ?? instance.receivedAt)
  }
}

extension StudySummary {
  /// Takes in an instance whose rows go.
  ///
  /// - Parameter items: what transactions said of its deliveries.
  package mutating func add(_ consignment: Consignment, items: [TransactionItem]) {
    let instance = consignment.instance
    let attributes = instance.attributes
    patientID = patientID ?? attributes.patientID
    issuerOfPatientID = issuerOfPatientID ?? attributes.issuerOfPatientID
    accessionNumber = accessionNumber ?? attributes.accessionNumber
    studyDate = studyDate ?? attributes.studyDate
    if let modality = attributes.modality, !modality.isEmpty { modalities.insertInOrder(modality) }
    callingAEs.insertInOrder(instance.source.callingAE.rawValue)
    let goneAt = instance.goneAt ?? instance.receivedAt
    (firstArrival, lastArrival) = (min(firstArrival, instance.receivedAt), max(lastArrival, instance.receivedAt))
    (firstGone, lastGone) = (min(firstGone, goneAt), max(lastGone, goneAt))
    instances += 1
    bytes += instance.dataSetLength
    purged += instance.state == .purged ? 1 : 0
    discarded += instance.state == .discarded ? 1 : 0
    for delivery in consignment.deliveries {
      let report = items.filter { $0.delivery == delivery.id && $0.committed == true }.compactMap(Commitment.init)
        .max { $0.at < $1.at }
      destination(delivery.destination) { $0.add(delivery, report: report) }
    }
  }

  private mutating func destination(_ name: PeerName, _ change: (inout Destination) -> Void) {
    let index = destinations.firstIndex { $0.name >= name } ?? destinations.endIndex
    if index == destinations.endIndex || destinations[index].name != name {
      destinations.insert(Destination(name), at: index)
    }
    change(&destinations[index])
  }
}

extension StudySummary.Destination {
  fileprivate mutating func add(_ delivery: Delivery, report: StudySummary.Commitment?) {
    switch delivery.state {
    case .delivered: delivered += 1
    case .failed: failed += 1
    default: others += 1
    }
    guard delivery.state == .delivered, let report else { return }
    committed += 1
    if report.at >= lastCommitment?.at ?? report.at { lastCommitment = report }
  }
}

extension StudySummary.Commitment {
  fileprivate init?(_ item: TransactionItem) {
    guard let reportedBy = item.reportedBy, let at = item.decidedAt else { return nil }
    self.init(transactionUID: item.uid, reportedBy: reportedBy, at: at)
  }
}

extension [String] {
  fileprivate mutating func insertInOrder(_ text: String) {
    let index = firstIndex { $0 >= text } ?? endIndex
    if index == endIndex || self[index] != text { insert(text, at: index) }
  }
}
