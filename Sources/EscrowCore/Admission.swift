package import DICOM

/// An instance that is durable in the spool and asks to be taken into the ledger.
package struct Admission: Sendable, Equatable {
  package var id: InstanceID
  package var sop: SOPInstance
  package var transferSyntax: UID
  package var attributes: InstanceAttributes
  package var source: Source
  package var receivedAt: Timestamp
  package var dataSetLength: Int64
  package var digest: Digest
  package var plan: RoutingPlan
  /// Found in the spool without a row, not received now.
  package var recovered: Bool
  /// Why its copy is to stay until an operator confirms; see ``Instance/pin``.
  package var pin: String?
  /// Earlier instances whose files were just found to be missing or damaged.
  package var lost: Set<InstanceID> = []

  package init(
    id: InstanceID, sop: SOPInstance, transferSyntax: UID, attributes: InstanceAttributes, source: Source,
    receivedAt: Timestamp, dataSetLength: Int64, digest: Digest, plan: RoutingPlan, recovered: Bool = false,
    pin: String? = nil
  ) {
    self.id = id
    self.sop = sop
    self.transferSyntax = transferSyntax
    self.attributes = attributes
    self.source = source
    self.receivedAt = receivedAt
    self.dataSetLength = dataSetLength
    self.digest = digest
    self.plan = plan
    self.recovered = recovered
    self.pin = pin
  }
}

/// A delivery as the routes, or a call of the API, want it.
package struct PlannedDelivery: Sendable, Equatable {
  package var destination: PeerName
  package var proof: Proof
  package var origin: DeliveryOrigin
  package var priority: Priority
  package var routes: [String]
  package var acceptDiscarded: Bool
  /// The peer is declared to keep the content that came last.
  package var overwrites: Bool
  package var terms: SendTerms
  /// The delivery of the same instance that it takes the place of.
  package var replaces: DeliveryID?

  package init(
    to destination: PeerName, proof: Proof, origin: DeliveryOrigin = .route, priority: Priority = .medium,
    routes: [String] = [], acceptDiscarded: Bool = false, overwrites: Bool = false, terms: SendTerms = .plain,
    replaces: DeliveryID? = nil
  ) {
    self.destination = destination
    self.proof = proof
    self.origin = origin
    self.priority = priority
    self.routes = routes
    self.acceptDiscarded = acceptDiscarded
    self.overwrites = overwrites
    self.terms = terms
    self.replaces = replaces
  }
}

/// What became of an admission. In every case the sender may be told success.
package enum AdmissionResult: Sendable, Equatable {
  /// A new instance. The new file stays.
  case admitted(conflicted: Bool)
  /// The same bytes are already kept as `InstanceID`: the new file is to be dropped.
  case known(InstanceID)
  /// The earlier instance's file was damaged; the new file is now its file (``Instance/file``), and `old` is to be
  /// dropped.
  case replaced(InstanceID, old: InstanceID)
  /// We sent these bytes to their sender ourselves: the new file is to be dropped.
  case looped(InstanceID)
}
