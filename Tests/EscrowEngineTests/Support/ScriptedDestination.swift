import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowConfiguration
import EscrowEngine
import EscrowTesting
import Foundation
import NIOCore

/// A scripted peer as a destination.
extension ScriptedPeerListener {
  /// The next association, accepted as proposed; those of probes are served first if asked to.
  func acceptAssociation(
    skippingEchoes: Bool = false, taking syntaxes: ServiceTerms.TransferSyntaxes = .any
  ) async throws -> ScriptedPeer {
    while true {
      let peer = try await accept()
      let isProbe = try await peer.acceptProposal(taking: syntaxes)
      guard skippingEchoes, isProbe else { return peer }
      try await peer.answerEcho()
    }
  }

  /// The next association, which must be a probe, is answered as it should be.
  func answerEcho() async throws {
    let peer = try await accept()
    guard try await peer.acceptProposal() else { throw ScriptDeparture(expected: "a probe by C-ECHO") }
    try await peer.answerEcho()
  }
}

extension ScriptedPeer {
  /// Answers C-ECHO-RQ and A-RELEASE-RQ.
  fileprivate func answerEcho() async throws {
    try await answer(nextCommand(), .success)
    _ = try await next()
    await answerRelease()
  }

  /// Answers A-RELEASE-RQ; the other side may have waited long enough already.
  func answerRelease() async { try? await send(.releaseResponse) }

  /// Takes the A-ASSOCIATE-RQ and accepts everything, if it is proposed in the right transfer syntax; true when it
  /// proposes Verification only.
  @discardableResult
  func acceptProposal(taking syntaxes: ServiceTerms.TransferSyntaxes = .any) async throws -> Bool {
    guard case .associateRequest(let request)? = try await next() else {
      throw ScriptDeparture(expected: "A-ASSOCIATE-RQ")
    }
    let policy = AcceptorPolicy(implementationClassUID: "2.25.1") { _, _ in
      .accepted(ServiceTerms(transferSyntaxes: syntaxes, requestorMayBeSCP: true))
    }
    try await send(.associateAccept(policy.answer(request).accept))
    return request.contexts.map(\.abstractSyntax) == [Verification.sopClassUID]
  }

  /// A request's command, whatever else is in its PDU.
  func takeCommand() async throws -> CommandSet {
    guard case .data(let values)? = try await next(), let value = values.first, value.isCommand else {
      throw ScriptDeparture(expected: "a command set")
    }
    return try CommandSet(decoding: value.fragment)
  }

  /// A whole message.
  func takeMessage() async throws -> (command: CommandSet, dataSet: [UInt8]) {
    let (command, _, dataSet) = try await takeMessageOnContext()
    return (command, dataSet)
  }

  /// A whole message, and the context it came on.
  func takeMessageOnContext() async throws -> (command: CommandSet, contextID: UInt8, dataSet: [UInt8]) {
    var command: CommandSet?
    var bytes: [UInt8] = []
    while let pdu = try await next() {
      guard case .data(let values) = pdu else { break }
      for value in values {
        if value.isCommand {
          command = try CommandSet(decoding: value.fragment)
        } else {
          bytes += Array(buffer: value.fragment)
          if value.isLast, let command { return (command, value.contextID, bytes) }
        }
      }
    }
    throw ScriptDeparture(expected: "a message to its end")
  }

  /// Answers a request on the context it came on.
  func answer(_ command: CommandSet, _ status: Status, on contextID: UInt8 = 1) async throws {
    try await send(.response(to: command, status: status), on: contextID)
  }

  /// Waits until the other side has ended the association.
  func skipToEnd() async throws {
    while let pdu = try await next() {
      if case .abort = pdu { return }
    }
  }
}

extension ScriptedPeer {
  /// Stores an instance as a modality does, in fragments; the answer's status.
  /// - Parameter dataSet: sent instead of the sample's own.
  func store(_ sample: SampleInstance, dataSet: [UInt8]? = nil) async throws -> Status? {
    let bytes = dataSet ?? sample.dataSet
    try await send(.storeRequest(sop: sample.sop, messageID: 1), on: 3)
    for start in stride(from: 0, to: bytes.count, by: 65_536) {
      let end = min(start + 65_536, bytes.count)
      try await send(fragment: Array(bytes[start..<end]), isLast: end == bytes.count, on: 3)
    }
    return try await nextCommand().statusCode
  }
}

extension RunningEngine {
  /// Changes one byte of the pixel data of files in the spool.
  func flipLastByte(of files: [String]) throws { try flipByte(fromTheEnd: 1, of: files) }

  /// Changes one byte of files in the spool; 1 is the last.
  func flipByte(fromTheEnd place: Int, of files: [String]) throws {
    for file in files {
      let path = context.settings.spool.path + "/" + file
      var bytes = try Data(contentsOf: URL(filePath: path))
      bytes[bytes.count - place] ^= 1
      try bytes.write(to: URL(filePath: path))
    }
  }
}
