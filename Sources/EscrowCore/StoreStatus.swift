/// What an answer to C-STORE means for the delivery, its destination and the association.
package enum StoreDisposition: Sendable, Equatable {
  /// The peer has it; the words of a warning are for the record.
  case stored(warning: String?, discardedElements: Bool)
  /// The destination is out of resources: it is paused, nothing is counted against the delivery.
  case retryDestination(reason: String)
  /// A doubtful failure of this instance: tried again at most `limit` times.
  case retryDelivery(reason: String, limit: Int)
  /// The destination does not let us: nothing more is sent there but slow probes.
  case holdDestination(reason: String)
  /// It will not be different next time.
  case failed(reason: String)
  /// No answer to a C-STORE: abort, and try once more on a new association.
  case protocolError(reason: String)

  /// Judges `status` for a delivery that asks for `proof`. A refused duplicate counts as stored where a stronger
  /// proof than the response will follow, or where the peer is declared to answer so (`duplicateIsStored`).
  package static func judge(status: UInt16, proof: Proof, duplicateIsStored: Bool) -> StoreDisposition {
    let row = StoreStatus.table.first { $0.codes.contains(status) }
    let disposition = row?.disposition ?? .retryDelivery(reason: "unknownStatus", limit: 1)
    if disposition == StoreStatus.duplicate, duplicateIsStored || proof > .response {
      return .stored(warning: "duplicate", discardedElements: false)
    }
    return disposition
  }
}

/// The statuses of C-STORE (PS3.4 Table B.2-1, PS3.7 §9.1.1.1.9 and Annex C) and those that peers send besides.
package enum StoreStatus {
  package struct Row: Sendable {
    package let codes: ClosedRange<UInt16>
    package let disposition: StoreDisposition
  }

  /// SOP Instance UID already there with possibly other content.
  static let duplicate = StoreDisposition.failed(reason: "duplicate")

  /// The first row that contains a status decides; what is in none is a failure that is worth one more try.
  package static let table: [Row] = [
    // Success and warnings (PS3.7 §C.1 and §C.4).
    row(0x0000, .stored(warning: nil, discardedElements: false)),
    row(0xB000, .stored(warning: "dataElementsCoerced", discardedElements: false)),
    row(0xB006, .stored(warning: "elementsDiscarded", discardedElements: true)),
    row(0xB007, .stored(warning: "dataSetMismatch", discardedElements: false)),
    rows(0xB000...0xBFFF, .stored(warning: "warning", discardedElements: false)),
    row(0x0001, .stored(warning: "warning", discardedElements: false)),
    row(0x0107, .stored(warning: "attributeListError", discardedElements: false)),
    row(0x0116, .stored(warning: "attributeValueOutOfRange", discardedElements: false)),
    // Failures of the service (PS3.4 Table B.2-1); A800 is from before 1996.
    rows(0xA700...0xA7FF, .retryDestination(reason: "outOfResources")),
    row(0xA800, .failed(reason: "sopClassNotSupported")),
    rows(0xA900...0xA9FF, .failed(reason: "dataSetMismatch")),
    rows(0xC000...0xCFFF, .retryDelivery(reason: "cannotUnderstand", limit: 3)),
    // Failures that every service shares (PS3.7 §C.5).
    row(0x0105, .failed(reason: "noSuchAttribute")),
    row(0x0106, .failed(reason: "invalidAttributeValue")),
    row(0x0110, .retryDelivery(reason: "processingFailure", limit: 10)),
    row(0x0111, duplicate),
    row(0x0112, .failed(reason: "noSuchInstance")),
    row(0x0117, .failed(reason: "invalidInstance")),
    row(0x0118, .failed(reason: "noSuchClass")),
    row(0x0119, .failed(reason: "classInstanceConflict")),
    row(0x0120, .failed(reason: "missingAttribute")),
    row(0x0121, .failed(reason: "missingAttributeValue")),
    row(0x0122, .failed(reason: "sopClassNotSupported")),
    row(0x0124, .holdDestination(reason: "notAuthorized")),
    row(0x0210, .protocolError(reason: "duplicateInvocation")),
    row(0x0211, .failed(reason: "unrecognizedOperation")),
    row(0x0212, .failed(reason: "mistypedArgument")),
    row(0x0213, .retryDestination(reason: "resourceLimitation")),
    // PS3.2 prints 0214 where PS3.7 says 0124.
    row(0x0214, .holdDestination(reason: "notAuthorized")),
    // Pending and cancel have no place here.
    rows(0xFF00...0xFF01, .protocolError(reason: "pendingStatus")),
    row(0xFE00, .protocolError(reason: "cancelStatus")),
  ]

  /// The reasons of failures that are tried again a number of times.
  package static let doubtfulReasons: [String] = {
    let reasons = table.compactMap { if case .retryDelivery(let reason, _) = $0.disposition { reason } else { nil } }
    return reasons + ["unknownStatus"]
  }()

  private static func row(_ code: UInt16, _ disposition: StoreDisposition) -> Row { rows(code...code, disposition) }

  private static func rows(_ codes: ClosedRange<UInt16>, _ disposition: StoreDisposition) -> Row {
    Row(codes: codes, disposition: disposition)
  }
}
