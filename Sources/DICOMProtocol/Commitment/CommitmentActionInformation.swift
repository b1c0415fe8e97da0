public import DICOM
public import NIOCore

/// What an N-ACTION-RQ for storage commitment carries (PS3.4 Table J.3-1).
public struct CommitmentActionInformation: Equatable, Sendable {
  public var transactionUID: UID
  /// In the order of the request, with duplicates, UIDs as received.
  public var references: [SOPInstance]

  public init(transactionUID: UID, references: [SOPInstance]) {
    self.transactionUID = transactionUID
    self.references = references
  }

  /// Reads a request; the error's status is the one to answer with.
  public init(decoding bytes: ByteBuffer, transferSyntax: UID) throws(CommitmentPayloadError) {
    let payload = try CommitmentPayload(decoding: bytes, transferSyntax: transferSyntax)
    guard let references = payload.referenced else { throw .invalid("Referenced SOP Sequence missing") }
    guard !references.isEmpty else { throw .invalid("Referenced SOP Sequence empty") }
    self.init(transactionUID: payload.transactionUID, references: references.map(\.sop))
  }

  /// The data set, in one of ``StorageCommitment/transferSyntaxes``.
  public func encoded(transferSyntax: UID) -> ByteBuffer {
    var writer = PayloadWriter(transferSyntax: transferSyntax)
    writer.write(PayloadTag.transactionUID, uid: transactionUID)
    writer.write(PayloadTag.referencedSOPSequence, items: references) { $0.write($1) }
    return writer.bytes
  }
}
