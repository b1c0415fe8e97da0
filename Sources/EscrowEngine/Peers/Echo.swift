package import DICOM
package import DICOMNetwork
package import DICOMProtocol
package import EscrowCore

/// C-ECHO: is anybody there who speaks DICOM? (PS3.7 §9.1.5)
package struct Echo: Sendable {
  private let connector: AssociationConnector

  package init(connector: AssociationConnector) { self.connector = connector }

  /// Opens an association, sends a C-ECHO-RQ and releases. Throws `AssociationError`, or ``EchoRefused``.
  package func run(_ peer: Peer, host: String, port: Int, callingAE: AETitle) async throws {
    var proposal = Proposal(calledAE: peer.aeTitle, callingAE: callingAE)
    let id = proposal.add(
      Verification.sopClassUID,
      transferSyntaxes: [TransferSyntax.implicitLittleEndian.uid, TransferSyntax.explicitLittleEndian.uid])
    let association = try await connector.connect(
      to: host, port: port, proposal: proposal, timeouts: peer.connectTimeouts)
    do {
      guard let id, association.contexts[id] != nil else { throw EchoRefused.contextRefused }
      let reply = try await association.send(
        .echoRequest(messageID: 1), on: id, timeout: peer.timeouts.echo)
      let status = Status(rawValue: reply.command.status ?? Status.processingFailure.rawValue)
      guard status == .success else { throw EchoRefused.status(status) }
      await association.release()
    } catch {
      await association.release()
      throw error
    }
  }
}

/// The peer accepted the association but does not answer C-ECHO with success.
package enum EchoRefused: Error, CustomStringConvertible {
  case contextRefused
  case status(Status)

  package var description: String {
    switch self {
    case .contextRefused: "the peer accepts associations but not Verification"
    case .status(let status): "the peer answered C-ECHO with \(status)"
    }
  }
}
