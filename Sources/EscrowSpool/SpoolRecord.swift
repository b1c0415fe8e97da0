package import DICOM
package import EscrowCore

/// What a spool file says of itself: all it takes to admit its instance again.
package struct SpoolRecord: Sendable, Equatable {
  package var id: InstanceID
  package var sop: SOPInstance
  /// Of the data set's bytes, which are kept as received.
  package var transferSyntax: UID
  package var source: Source
  package var receivedAt: Timestamp
  /// In bytes, without preamble and File Meta Information.
  package var dataSetLength: Int64
  package var digest: Digest

  package init(
    id: InstanceID, sop: SOPInstance, transferSyntax: UID, source: Source, receivedAt: Timestamp,
    dataSetLength: Int64, digest: Digest
  ) {
    self.id = id
    self.sop = sop
    self.transferSyntax = transferSyntax
    self.source = source
    self.receivedAt = receivedAt
    self.dataSetLength = dataSetLength
    self.digest = digest
  }
}

/// An instance whose bytes and name would survive a power cut.
package struct SpooledFile: Sendable, Equatable {
  package let id: InstanceID
  /// In bytes.
  package let dataSetLength: Int64
  package let digest: Digest
}
