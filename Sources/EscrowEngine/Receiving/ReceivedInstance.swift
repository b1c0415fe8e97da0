import DICOM
import EscrowConfiguration
import EscrowCore

/// An instance that is durable in the spool, with what its header says: all that routing and admission need.
struct ReceivedInstance: Sendable {
  var id: InstanceID
  var sop: SOPInstance
  var transferSyntax: UID
  var source: Source
  var receivedAt: Timestamp
  var dataSetLength: Int64
  var digest: Digest
  var header: Header
  var recovered = false

  /// The attributes that the ledger keeps, whatever the routes look at.
  static let recordedTags: Set<Tag> = [
    .sopClassUID, .sopInstanceUID, .specificCharacterSet, .studyDate, .accessionNumber, .modality, .patientID,
    .issuerOfPatientID, .studyInstanceUID, .seriesInstanceUID,
  ]

  /// The tags to read from a header so that `routes` can decide and the ledger has its record.
  static func wantedTags(for routes: RouteTable) -> Set<Tag> { recordedTags.union(routes.wantedTags) }

  /// Routes it and makes the ledger's admission of it.
  func admission(by routes: RouteTable) -> Admission { admission(plan: routes.plan(for: routingInput)) }

  /// Routes it by the rules in force, which may hold what its sender sends.
  func admission(by rules: Rules) -> Admission {
    let plan = rules.settings.routes.plan(for: routingInput)
    guard let name = source.peer, let peer = rules.settings.peers[name] else { return admission(plan: plan) }
    return admission(plan: peer.intake.applied(to: plan, of: name))
  }

  func admission(plan: RoutingPlan) -> Admission {
    Admission(
      id: id, sop: sop, transferSyntax: transferSyntax, attributes: attributes, source: source, receivedAt: receivedAt,
      dataSetLength: dataSetLength, digest: digest, plan: plan, recovered: recovered)
  }

  var routingInput: RoutingInput {
    RoutingInput(header: header, source: source, sop: sop, transferSyntax: transferSyntax)
  }

  private var attributes: InstanceAttributes {
    InstanceAttributes(
      patientID: text(.patientID), issuerOfPatientID: text(.issuerOfPatientID), accessionNumber: text(.accessionNumber),
      studyInstanceUID: header.uid(.studyInstanceUID), seriesInstanceUID: header.uid(.seriesInstanceUID),
      modality: text(.modality), studyDate: text(.studyDate))
  }

  private func text(_ tag: Tag) -> String? {
    guard let value = header.strings(tag)?.joined(separator: "\\"), !value.isEmpty else { return nil }
    return String(value.prefix(InstanceAttributes.longest))
  }
}
