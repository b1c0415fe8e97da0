import DICOM
import NIOCore

/// What requests and reports have in common, as read. A sequence that is absent is nil, an empty one is not.
struct CommitmentPayload {
  struct Reference {
    var sop: SOPInstance
    var failureReason: UInt16?
  }

  private(set) var transactionUID: UID
  private(set) var referenced: [Reference]?
  private(set) var failed: [Reference]?
  private(set) var retrieveAETitles: [AETitle] = []

  /// Of elements that come twice the first counts.
  init(decoding bytes: ByteBuffer, transferSyntax: UID) throws(CommitmentPayloadError) {
    var reader = try PayloadReader(bytes, transferSyntax: transferSyntax)
    transactionUID = ""
    try reader.readElements(of: reader.dataSet) { (reader, element) throws(CommitmentPayloadError) in
      switch element.tag {
      case PayloadTag.transactionUID where transactionUID.rawValue.isEmpty:
        transactionUID = try reader.readUID(element)
      case PayloadTag.referencedSOPSequence where referenced == nil: referenced = try references(in: element, &reader)
      case PayloadTag.failedSOPSequence where failed == nil: failed = try references(in: element, &reader)
      case PayloadTag.retrieveAETitle: gather(reader.readValue(element))
      default: return
      }
    }
    guard !transactionUID.rawValue.isEmpty else { throw .invalid("Transaction UID missing") }
  }

  private mutating func references(
    in sequence: PayloadReader.Element, _ reader: inout PayloadReader
  ) throws(CommitmentPayloadError) -> [Reference] {
    var references: [Reference] = []
    try reader.readItems(of: sequence) { (reader, item) throws(CommitmentPayloadError) in
      references.append(try reference(in: item, &reader))
    }
    return references
  }

  private mutating func reference(
    in item: PayloadReader.Extent, _ reader: inout PayloadReader
  ) throws(CommitmentPayloadError) -> Reference {
    var reference = Reference(sop: SOPInstance(classUID: "", instanceUID: ""))
    try reader.readElements(of: item) { (reader, element) throws(CommitmentPayloadError) in
      switch element.tag {
      case PayloadTag.referencedSOPClassUID: reference.sop.classUID = try reader.readUID(element)
      case PayloadTag.referencedSOPInstanceUID: reference.sop.instanceUID = try reader.readUID(element)
      case PayloadTag.failureReason: reference.failureReason = reader.readNumber(element)
      case PayloadTag.retrieveAETitle: gather(reader.readValue(element))
      default: return
      }
    }
    guard !reference.sop.classUID.rawValue.isEmpty, !reference.sop.instanceUID.rawValue.isEmpty else {
      throw .invalid("item without SOP Class UID or SOP Instance UID")
    }
    return reference
  }

  /// Adds the AE titles of one value, separated by backslashes.
  private mutating func gather(_ value: ByteBuffer?) {
    let limit = CommitmentEventInformation.maximumRetrieveAETitles
    // As many as are kept, with padding and separators, however long the value is.
    guard var value, retrieveAETitles.count < limit,
      let beginning = value.readSlice(length: min(value.readableBytes, limit * 17))
    else { return }
    for text in beginning.text.split(separator: "\\", maxSplits: limit) {
      let title = AETitle(String(text))
      guard title.isValid, !retrieveAETitles.contains(title), retrieveAETitles.count < limit else { continue }
      retrieveAETitles.append(title)
    }
  }
}

extension PayloadWriter {
  /// The two UIDs of a reference.
  mutating func write(_ sop: SOPInstance) {
    write(PayloadTag.referencedSOPClassUID, uid: sop.classUID)
    write(PayloadTag.referencedSOPInstanceUID, uid: sop.instanceUID)
  }
}
