import DICOM
import DICOMNetwork
import DICOMProtocol
import NIOCore

/// A service whose parts a test replaces: by default it accepts everything and answers every request with success.
struct ProbeService: AssociationService {
  typealias Handling = @Sendable (CommandSet, @escaping @Sendable () -> Void) -> DataSetHandling

  var verdict: @Sendable (AssociateRequest) -> AssociationVerdict = { _ in .accept(.everything) }
  var mayTakeReservedSlot = true
  var handling: Handling = { _, _ in .collect(maximum: 1 << 30) }
  var serve: @Sendable (Association) async throws -> Void = { try await ProbeService.answerAll($0) }
  /// Told how each `serve` ended.
  var ended: @Sendable ((any Error)?) -> Void = { _ in }

  func judge(_ request: AssociateRequest, from remote: RemoteEndpoint) async -> AssociationVerdict {
    verdict(request)
  }

  func mayTakeReservedSlot(_ request: AssociateRequest, from remote: RemoteEndpoint) -> Bool { mayTakeReservedSlot }

  func handling(
    of command: CommandSet, context: AcceptedContext, on association: Association,
    resume: @escaping @Sendable () -> Void
  ) -> DataSetHandling {
    handling(command, resume)
  }

  func serve(_ association: Association) async {
    do {
      try await serve(association)
      ended(nil)
    } catch {
      ended(error)
    }
  }

  /// Success for everything.
  @Sendable static func answerAll(_ association: Association) async throws {
    while let request = try await association.nextRequest() {
      try await association.respond(.response(to: request.command, status: .success), on: request.context.id)
    }
  }

  /// Success for everything, each time after `body` was given how many were answered and the data set.
  static func collecting(_ body: @escaping @Sendable (Int, ByteBuffer) async throws -> Void) -> ProbeService {
    ProbeService(serve: { association in
      var answered = 0
      while let request = try await association.nextRequest() {
        if case .collected(let bytes) = request.body { try await body(answered, bytes) }
        try await association.respond(.response(to: request.command, status: .success), on: request.context.id)
        answered += 1
      }
    })
  }
}

extension AcceptorPolicy {
  /// Any abstract syntax in any transfer syntax and both roles.
  static let everything = AcceptorPolicy(implementationClassUID: "2.25.1") { _, _ in
    .accepted(ServiceTerms(requestorMayBeSCP: true))
  }
}

extension UID {
  static let ctImageStorage: UID = "1.2.840.10008.5.1.4.1.1.2"
  static let explicitLittleEndian: UID = "1.2.840.10008.1.2.1"
  static let implicitLittleEndian: UID = "1.2.840.10008.1.2"
}

extension Proposal {
  /// Context 1 Verification, 3 CT, 5 Storage Commitment.
  static let probe: Proposal = {
    var proposal = Proposal(calledAE: "CALLED", callingAE: "CALLING", implementationClassUID: "2.25.2")
    for syntax in [Verification.sopClassUID, .ctImageStorage, StorageCommitment.sopClassUID] {
      proposal.add(syntax, transferSyntaxes: [.explicitLittleEndian, .implicitLittleEndian])
    }
    return proposal
  }()
}

extension CommandSet {
  static let probeEcho = CommandSet.echoRequest(messageID: 1)
  static let probeStore = CommandSet.storeRequest(
    sop: SOPInstance(classUID: .ctImageStorage, instanceUID: "1.2.3"), messageID: 1)
}
