package import DICOM

/// One received object as the ledger keeps it: what it is, whence it came, where it stands.
package struct Instance: Sendable, Equatable {
  package var id: InstanceID
  package var sop: SOPInstance
  package var transferSyntax: UID
  package var attributes: InstanceAttributes
  package var source: Source
  package var receivedAt: Timestamp
  /// Bytes of the data set, without preamble and File Meta.
  package var dataSetLength: Int64
  package var digest: Digest
  /// The spool file that holds it: its own id, unless a damaged file was replaced by a later reception's.
  package var file: InstanceID
  package var state: InstanceState
  /// Why it is held, damaged or otherwise not on its way, for people.
  package var reason: String?
  package var retention: Retention
  package var settledAt: Timestamp?
  /// Another instance with the same SOP Instance UID and other content is on record.
  package var conflicted: Bool
  /// Rebuilt or recovered from its spool file, not admitted from an association.
  package var recovered: Bool
  /// Why its copy stays until an operator confirms that it may go; nil when nobody need confirm.
  package var pin: String?
  /// To whom its copy is promised, so that it stays for good; nil when it is to nobody.
  package var promise: String?
  /// Why the law keeps its copy; nil when no ``LegalHold`` does. The ledger tells it; it is no part of the row.
  package var legalHold: String?
  /// The peers that sent the same bytes besides ``source``, in that order.
  package var alsoFrom: [PeerName] = []
  /// An operator decided that its copy goes without proof: it ends `discarded`, not `purged`.
  package var discarding: Bool
  /// When its copy went, purged or discarded; nil while it is here.
  package var goneAt: Timestamp?

  package init(
    id: InstanceID, sop: SOPInstance, transferSyntax: UID, attributes: InstanceAttributes, source: Source,
    receivedAt: Timestamp, dataSetLength: Int64, digest: Digest, file: InstanceID, state: InstanceState,
    reason: String? = nil, retention: Retention, settledAt: Timestamp? = nil, conflicted: Bool = false,
    recovered: Bool = false, pin: String? = nil, promise: String? = nil, alsoFrom: [PeerName] = [],
    discarding: Bool = false
  ) {
    self.id = id
    self.sop = sop
    self.transferSyntax = transferSyntax
    self.attributes = attributes
    self.source = source
    self.receivedAt = receivedAt
    self.dataSetLength = dataSetLength
    self.digest = digest
    self.file = file
    self.state = state
    self.reason = reason
    self.retention = retention
    self.settledAt = settledAt
    self.conflicted = conflicted
    self.recovered = recovered
    self.pin = pin
    self.promise = promise
    self.alsoFrom = alsoFrom
    self.discarding = discarding
  }

  /// Whether a peer sent it, first or again.
  package func isFrom(_ peer: PeerName) -> Bool { source.peer == peer || alsoFrom.contains(peer) }
}

/// The attributes kept for finding, grouping and telling; text as received, decoded for display only.
package struct InstanceAttributes: Sendable, Equatable, Codable {
  /// Characters of a text that are kept; longer ones are cut.
  package static let longest = 256

  package var patientID: String?
  /// Who gave the Patient ID; nil when that is not said.
  package var issuerOfPatientID: String?
  package var accessionNumber: String?
  package var studyInstanceUID: UID?
  package var seriesInstanceUID: UID?
  package var modality: String?
  /// Study Date as received, normally `YYYYMMDD`.
  package var studyDate: String?

  package init(
    patientID: String? = nil, issuerOfPatientID: String? = nil, accessionNumber: String? = nil,
    studyInstanceUID: UID? = nil, seriesInstanceUID: UID? = nil, modality: String? = nil, studyDate: String? = nil
  ) {
    self.patientID = patientID
    self.issuerOfPatientID = issuerOfPatientID
    self.accessionNumber = accessionNumber
    self.studyInstanceUID = studyInstanceUID
    self.seriesInstanceUID = seriesInstanceUID
    self.modality = modality
    self.studyDate = studyDate
  }
}

/// Where an instance came from.
package struct Source: Sendable, Equatable, Codable {
  package var callingAE: AETitle
  package var calledAE: AETitle
  /// The sender's IP address in text form, or `http` for an upload.
  package var address: String
  /// The configured peer that the sender was recognized as; nil for strangers.
  package var peer: PeerName?
  /// Our name for the association, for logs and the trace.
  package var association: String

  package init(callingAE: AETitle, calledAE: AETitle, address: String, peer: PeerName?, association: String) {
    self.callingAE = callingAE
    self.calledAE = calledAE
    self.address = address
    self.peer = peer
    self.association = association
  }
}

/// The digest of a data set's bytes as received: XXH3-128, 16 bytes, big endian as libxxhash's canonical form.
package struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// 32 lower-case hexadecimal digits.
  package var description: String { Digest.hex(high) + Digest.hex(low) }

  package init?(hex text: String) {
    guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
      let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  private static func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// How long a copy is kept once nothing is open on it any more.
package enum Retention: Hashable, Sendable, Codable {
  case after(Duration)
  case never

  /// The default of a route that says nothing: 24 hours.
  package static let standard = Retention.after(.hours(24))

  /// The longer of two; `never` beats all.
  package func merged(with other: Retention) -> Retention {
    switch (self, other) {
    case (.never, _), (_, .never): .never
    case (.after(let left), .after(let right)): .after(max(left, right))
    }
  }
}
