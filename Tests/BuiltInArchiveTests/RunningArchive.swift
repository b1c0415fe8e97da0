import BuiltInArchive
import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowTesting
import Foundation
import Logging
import NIOCore
import NIOPosix

/// The archive on a free port, with a folder of its own or one that a test gives it; it reports to `reports`.
struct RunningArchive: Sendable {
  let port: Int
  let reports: ScriptedPeerListener

  /// Runs an archive for the time of `body`.
  static func run<Result: Sendable>(
    in folder: URL, _ body: (RunningArchive) async throws -> Result
  ) async throws -> Result {
    let reports = try await ScriptedPeerListener()
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    let archive = try BuiltInArchive(
      directory: folder.path, at: .init(port: 0), group: MultiThreadedEventLoopGroup.singleton, pool: .singleton,
      reportTo: { [port = reports.port] in $0 == "ASKER" ? ("127.0.0.1", port) : nil },
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), bound: { listening.yield($0) })
    let result = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { listening.finish() }
        try await archive.run()
      }
      var iterator = ports.makeAsyncIterator()
      guard let port = await iterator.next() else { throw ScriptDeparture(expected: "an archive that listens") }
      let result = try await body(RunningArchive(port: port, reports: reports))
      group.cancelAll()
      return result
    }
    try await reports.close()
    return result
  }

  /// An association with context 1 for CT and 3 for Storage Commitment.
  func associate(as callingAE: AETitle = "ASKER") async throws -> ScriptedPeer {
    var proposal = Proposal(calledAE: "ARCHIVE", callingAE: callingAE, implementationClassUID: "2.25.2")
    for syntax in [SampleInstance.Modality.ct.sopClassUID, StorageCommitment.sopClassUID] {
      proposal.add(syntax, transferSyntaxes: [TransferSyntax.explicitLittleEndian.uid])
    }
    let peer = try await ScriptedPeer.connect(to: port)
    try await peer.send(.associateRequest(proposal.request))
    guard case .associateAccept? = try await peer.next() else { throw ScriptDeparture(expected: "A-ASSOCIATE-AC") }
    return peer
  }

  func store(_ sample: SampleInstance) async throws -> Status? {
    let peer = try await associate()
    try await peer.send(.storeRequest(sop: sample.sop, messageID: 1), dataSet: sample.dataSet)
    return try await peer.nextCommand().statusCode
  }

  /// Asks for commitment; the report that comes on an association of its own.
  func commit(_ references: [SOPInstance]) async throws -> CommitmentEventInformation {
    let peer = try await associate()
    let request = CommitmentActionInformation(transactionUID: "2.25.1", references: references)
    let bytes = Array(request.encoded(transferSyntax: TransferSyntax.explicitLittleEndian.uid).readableBytesView)
    try await peer.send(.commitmentRequest(messageID: 1), dataSet: bytes, on: 3)
    guard try await peer.nextCommand().statusCode == .success else { throw ScriptDeparture(expected: "0000H") }
    return try await report()
  }

  private func report() async throws -> CommitmentEventInformation {
    let peer = try await reports.accept()
    guard case .associateRequest(let request)? = try await peer.next() else {
      throw ScriptDeparture(expected: "A-ASSOCIATE-RQ")
    }
    let policy = AcceptorPolicy(implementationClassUID: "2.25.1") { _, _ in
      .accepted(ServiceTerms(requestorMayBeSCP: true))
    }
    let answer = policy.answer(request)
    try await peer.send(.associateAccept(answer.accept))
    var command: CommandSet?
    while case .data(let values)? = try await peer.next() {
      for value in values {
        if value.isCommand {
          command = try CommandSet(decoding: value.fragment)
        } else if value.isLast, let command, let context = answer.contexts[value.contextID] {
          try await peer.send(.response(to: command, status: .success), on: value.contextID)
          return try CommitmentEventInformation(
            decoding: value.fragment, transferSyntax: context.transferSyntax)
        }
      }
    }
    throw ScriptDeparture(expected: "a report")
  }
}
