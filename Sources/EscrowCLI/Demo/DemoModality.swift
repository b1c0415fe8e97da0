import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import NIOCore

/// The demo's scanner: sends studies by C-STORE.
struct DemoModality: Sendable {
  let connector: AssociationConnector
  let port: Int

  /// Sends the slices on one association; throws unless each is answered with success.
  func send(_ study: DemoStudy) async throws {
    var proposal = Proposal(
      calledAE: "ESCROW", callingAE: "DEMO_CT", implementationClassUID: Software.implementationClassUID)
    for classUID in Set(study.slices.map(\.sop.classUID)) {
      proposal.add(classUID, transferSyntaxes: [DemoStudy.transferSyntax.uid])
    }
    let association = try await connector.connect(to: "127.0.0.1", port: port, proposal: proposal)
    for slice in study.slices {
      guard let context = association.contexts.values.first(where: { $0.abstractSyntax == slice.sop.classUID }) else {
        throw Failure(.no, "the router does not accept CT images")
      }
      let reply = try await association.send(
        .storeRequest(sop: slice.sop, messageID: 1), dataSet: .bytes(ByteBuffer(bytes: slice.dataSet)), on: context.id,
        timeout: .seconds(60))
      guard reply.command.statusCode == .success else {
        throw Failure(.no, "C-STORE was answered with \(reply.command.statusCode?.description ?? "no status")")
      }
    }
    await association.release()
  }
}
