public import DICOM
public import NIOCore

/// What an N-EVENT-REPORT-RQ for storage commitment carries (PS3.4 Table J.3-2).
///
/// The event type is not to be trusted: what counts is which sequence an instance is in.
public struct CommitmentEventInformation: Equatable, Sendable {
  public var transactionUID: UID
  /// In the order of the report, with duplicates, UIDs as received.
  public var committed: [SOPInstance]
  public var failed: [Failure]
  /// From where the instances can be retrieved, for the whole report; valid ones named in items are gathered here,
  /// each once, at most ``maximumRetrieveAETitles``.
  public var retrieveAETitles: [AETitle]

  /// An instance that was not committed.
  public struct Failure: Equatable, Sendable {
    public var sop: SOPInstance
    /// Failure Reason (0008,1197), PS3.3 §C.14.1.1; 0110H when it was missing.
    public var reason: UInt16

    public init(sop: SOPInstance, reason: UInt16) {
      self.sop = sop
      self.reason = reason
    }
  }

  public static let maximumRetrieveAETitles = 64

  public init(
    transactionUID: UID, committed: [SOPInstance] = [], failed: [Failure] = [], retrieveAETitles: [AETitle] = []
  ) {
    self.transactionUID = transactionUID
    self.committed = committed
    self.failed = failed
    self.retrieveAETitles = retrieveAETitles
  }

  /// The Event Type ID to send this with.
  public var eventTypeID: UInt16 {
    failed.isEmpty ? StorageCommitment.successEventTypeID : StorageCommitment.failureEventTypeID
  }

  /// Reads a report; either sequence may be empty or absent, but not both absent. The error's status is the one to
  /// answer with.
  public init(decoding bytes: ByteBuffer, transferSyntax: UID) throws(CommitmentPayloadError) {
    let payload = try CommitmentPayload(decoding: bytes, transferSyntax: transferSyntax)
    guard payload.referenced != nil || payload.failed != nil else {
      throw .invalid("neither Referenced nor Failed SOP Sequence")
    }
    self.init(
      transactionUID: payload.transactionUID, committed: (payload.referenced ?? []).map(\.sop),
      failed: (payload.failed ?? []).map {
        Failure(sop: $0.sop, reason: $0.failureReason ?? Status.processingFailure.rawValue)
      },
      retrieveAETitles: payload.retrieveAETitles)
  }

  /// The data set, in one of ``StorageCommitment/transferSyntaxes``.
  public func encoded(transferSyntax: UID) -> ByteBuffer {
    var writer = PayloadWriter(transferSyntax: transferSyntax)
    if !retrieveAETitles.isEmpty {
      let titles = Array(retrieveAETitles.prefix(CommitmentEventInformation.maximumRetrieveAETitles))
      writer.write(PayloadTag.retrieveAETitle, titles: titles)
    }
    writer.write(PayloadTag.transactionUID, uid: transactionUID)
    if !failed.isEmpty {
      writer.write(PayloadTag.failedSOPSequence, items: failed) { writer, failure in
        writer.write(failure.sop)
        writer.write(PayloadTag.failureReason, number: failure.reason)
      }
    }
    if !committed.isEmpty || failed.isEmpty {
      writer.write(PayloadTag.referencedSOPSequence, items: committed) { $0.write($1) }
    }
    return writer.bytes
  }
}
