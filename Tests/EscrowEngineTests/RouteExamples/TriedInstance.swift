import DICOM
import EscrowCore
import EscrowEngine

/// An instance that comes to the examples: what its header says, and who sends it.
struct TriedInstance: Sendable {
  var attributes: [(String, String)]
  var callingAE: AETitle = "CT1"
  var calledAE: AETitle = "ESCROW"
  var address = "10.1.0.11"
  var sopClass = "CTImageStorage"
  var transferSyntax = TransferSyntax.explicitLittleEndian
  var study: UID = "1.2.826.7"
  /// Decides about its SOP Instance UID.
  var number = 1
  var isUnreadable = false

  /// An image of a modality with further attributes, sent by DICOM.
  static func image(
    _ modality: String, from callingAE: AETitle = "CT1", as calledAE: AETitle = "ESCROW",
    at address: String = "10.1.0.11",
    _ attributes: KeyValuePairs<String, String> = [:]
  ) -> TriedInstance {
    TriedInstance(
      attributes: [("Modality", modality)] + attributes.map { ($0.key, $0.value) }, callingAE: callingAE,
      calledAE: calledAE, address: address)
  }

  /// An image that is uploaded by HTTP.
  static func upload(_ attributes: KeyValuePairs<String, String> = [:]) -> TriedInstance {
    var uploaded = image("CT", from: "", at: "http")
    uploaded.attributes += attributes.map { ($0.key, $0.value) }
    return uploaded
  }

  func changed(_ change: (inout TriedInstance) -> Void) -> TriedInstance {
    var changed = self
    change(&changed)
    return changed
  }

  var sop: SOPInstance {
    SOPInstance(classUID: SOPClass.named(sopClass) ?? "", instanceUID: UID("1.2.826.9.\(number)"))
  }

  private static func item(_ text: String) -> DataSet {
    DataSet([DataElement(Tag(0x0008, 0x0104), .lo, text: text)])
  }

  /// Its data set; text is UTF-8. A sequence has one item, or none if its text is empty.
  var content: DataSet {
    var content = DataSet([
      DataElement(.specificCharacterSet, .cs, text: "ISO_IR 192"), DataElement(.sopClassUID, uid: sop.classUID),
      DataElement(.sopInstanceUID, uid: sop.instanceUID), DataElement(.studyInstanceUID, uid: study),
      DataElement(.seriesInstanceUID, uid: "1.2.826.7.1"),
    ])
    for (keyword, text) in attributes {
      guard let tag = DataDictionary.tag(keyword: keyword), let vr = DataDictionary.vr(of: tag) else { continue }
      switch vr {
      case .us: content.set(DataElement(tag, unsignedShort: UInt16(text) ?? 0))
      case .sq: content.set(DataElement(tag, items: text.isEmpty ? [] : [Self.item(text)]))
      default: content.set(DataElement(tag, vr, text: text))
      }
    }
    return content
  }

  /// What `routes` are given of it, read from its bytes.
  func input(for routes: RouteTable) throws -> RoutingInput {
    let meta = FileMeta(sopInstance: sop, transferSyntax: transferSyntax, implementationClassUID: "2.25.1")
    let file = meta.encoded().bytes + content.encoded(as: transferSyntax)
    let source = Source(callingAE: callingAE, calledAE: calledAE, address: address, peer: nil, association: "a1")
    var input = try RoutingInput(part10: file, source: source, routes: routes)
    if isUnreadable {
      input.unreadable = true
      input.attributes = [:]
    }
    return input
  }
}
