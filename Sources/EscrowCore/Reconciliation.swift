package import DICOM

/// What came from one source in a time, and where it stands now.
package struct SourceTally: Sendable, Equatable {
  package var callingAE: AETitle
  /// The configured peer; nil for strangers.
  package var peer: PeerName?
  package var received = 0
  /// Of their data sets.
  package var bytes: Int64 = 0
  /// Every destination of a route has it, or need not.
  package var delivered = 0
  /// Every destination that was to commit to it has.
  package var committed = 0
  package var purged = 0
  package var discarded = 0
  /// On its way.
  package var open = 0
  /// A delivery of a route failed.
  package var failed = 0
  package var held = 0
  package var damaged = 0

  package init(callingAE: AETitle, peer: PeerName?) {
    self.callingAE = callingAE
    self.peer = peer
  }

  /// Adds one instance.
  package mutating func add(_ instance: Instance, _ standing: Standing) {
    received += 1
    bytes += instance.dataSetLength
    delivered += standing.isStored ? 1 : 0
    committed += standing.isCommitted ? 1 : 0
    failed += standing.hasFailed ? 1 : 0
    switch instance.state {
    case .purged: purged += 1
    case .discarded: discarded += 1
    case .inTransit: open += 1
    case .held: held += 1
    case .damaged: damaged += 1
    case .settled, .purging: break
    }
  }
}

/// An instance that a peer asked about in a commitment request and that never came here.
package struct MissingInstance: Sendable, Equatable {
  package var peer: PeerName
  package var transactionUID: UID
  package var askedAt: Timestamp
  package var sop: SOPInstance

  package init(peer: PeerName, transactionUID: UID, askedAt: Timestamp, sop: SOPInstance) {
    self.peer = peer
    self.transactionUID = transactionUID
    self.askedAt = askedAt
    self.sop = sop
  }
}
