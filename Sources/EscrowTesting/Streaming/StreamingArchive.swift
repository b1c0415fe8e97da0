package import DICOM
package import DICOMNetwork
package import DICOMProtocol
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// An archive in the test's own process that commits to whatever it received whole, and keeps no byte of it: for
/// instances of any size and in any number.
package final class StreamingArchive: AssociationService {
  /// What it knows of an instance.
  package struct Kept: Sendable, Equatable {
    package var classUID: UID
    package var length: Int
    /// Whether it is byte for byte the expected ``LargeInstance``; true for what is not expected.
    package var isIntact: Bool
  }

  package static let aeTitle: AETitle = "ARCHIVE"

  private struct State {
    var kept: [UID: Kept] = [:]
    var requests = 0
    var largestReport = 0
    var reports = 0
  }

  private let state = NIOLockedValueBox(State())
  private let expected: [UID: LargeInstance]
  private let taken: ServiceTerms.TransferSyntaxes
  private let reportPort: Int
  private let logger = Logger(label: "archive", factory: { _ in SwiftLogNoOpLogHandler() })
  private let due: AsyncStream<CommitmentActionInformation>
  private let queue: AsyncStream<CommitmentActionInformation>.Continuation

  /// What it has, by SOP Instance UID.
  package var kept: [UID: Kept] { state.withLockedValue { $0.kept } }
  /// Instances that it has.
  package var count: Int { state.withLockedValue { $0.kept.count } }
  /// Requests that it was sent.
  package var requests: Int { state.withLockedValue { $0.requests } }
  /// References in the largest report that was answered with success.
  package var largestReport: Int { state.withLockedValue { $0.largestReport } }
  /// Reports that were answered with success.
  package var reports: Int { state.withLockedValue { $0.reports } }

  private init(expected: [LargeInstance], taking taken: [UID], reportPort: Int) {
    self.taken = taken.isEmpty ? .any : .only(Set(taken))
    self.expected = Dictionary(expected.map { ($0.sop.instanceUID, $0) }) { $1 }
    self.reportPort = reportPort
    (due, queue) = AsyncStream.makeStream(of: CommitmentActionInformation.self)
  }

  /// Runs one on `port` for the time of `body`; it reports to `reportPort` of this machine, and takes any transfer
  /// syntax or only those that are given.
  package static func run(
    at port: Int, reportTo reportPort: Int, expecting expected: [LargeInstance] = [],
    taking taken: [UID] = [], _ body: (StreamingArchive) async throws -> Void
  ) async throws {
    let archive = StreamingArchive(expected: expected, taking: taken, reportPort: reportPort)
    let listener = AssociationListener(
      host: "127.0.0.1", port: port, group: .singletonMultiThreadedEventLoopGroup, service: archive,
      logger: archive.logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await listener.run() }
      group.addTask { try await archive.sendReports() }
      defer { group.cancelAll() }
      try await body(archive)
    }
  }

  package func judge(_ request: AssociateRequest, from remote: RemoteEndpoint) async -> AssociationVerdict {
    .accept(
      AcceptorPolicy(implementationClassUID: "2.25.3") { [taken] abstractSyntax, _ in
        switch abstractSyntax {
        case StorageCommitment.sopClassUID: .accepted(.commitment(requestorMayBeSCU: true, requestorMayBeSCP: false))
        case Verification.sopClassUID: .accepted(.verification)
        default: .accepted(ServiceTerms(transferSyntaxes: taken))
        }
      })
  }

  package func handling(
    of command: CommandSet, context: AcceptedContext, on association: Association,
    resume: @escaping @Sendable () -> Void
  ) -> DataSetHandling {
    guard command.field == .cStoreRequest else { return .collect(maximum: 64 << 20) }
    return .stream(ComparingReceiver(command.affectedSOPInstanceUID.flatMap { expected[$0] }))
  }

  package func serve(_ association: Association) async {
    do {
      while let message = try await association.nextRequest() {
        try await association.respond(response(to: message), on: message.context.id)
      }
    } catch {
      await association.abort()
    }
  }

  private func response(to message: IncomingMessage) -> CommandSet {
    let command = message.command
    switch message.body {
    case .streamed(let receiver as ComparingReceiver):
      guard let classUID = command.affectedSOPClassUID, let uid = command.affectedSOPInstanceUID else { break }
      state.withLockedValue {
        $0.kept[uid] = Kept(classUID: classUID, length: receiver.length, isIntact: receiver.isIntact)
      }
    case .collected(let bytes):
      guard
        let request = try? CommitmentActionInformation(
          decoding: bytes, transferSyntax: message.context.transferSyntax)
      else { return .response(to: command, status: .invalidArgumentValue) }
      state.withLockedValue { $0.requests += 1 }
      queue.yield(request)
    default: break
    }
    return .response(to: command, status: .success)
  }

  // MARK: Reporting

  private func sendReports() async throws {
    let connector = AssociationConnector(
      group: .singletonMultiThreadedEventLoopGroup, ioPool: .singleton, logger: logger)
    for await request in due { try await report(on: request, over: connector) }
  }

  /// PS3.4 §J.3.3, on an association of its own.
  private func report(on request: CommitmentActionInformation, over connector: AssociationConnector) async throws {
    var proposal = Proposal(calledAE: "ESCROW", callingAE: Self.aeTitle, implementationClassUID: "2.25.3")
    proposal.add(StorageCommitment.sopClassUID, transferSyntaxes: StorageCommitment.offeredTransferSyntaxes)
    proposal.selectRoles(for: StorageCommitment.sopClassUID, scu: false, scp: true)
    let association = try await connector.connect(to: "127.0.0.1", port: reportPort, proposal: proposal)
    guard let context = association.contexts.values.first else { throw ScriptDeparture(expected: "a context") }
    let information = judge(request)
    let reply = try await association.send(
      .commitmentReport(eventTypeID: information.eventTypeID, messageID: 1),
      dataSet: .bytes(information.encoded(transferSyntax: context.transferSyntax)), on: context.id,
      timeout: .seconds(600))
    await association.release()
    guard reply.command.statusCode == .success else { throw ScriptDeparture(expected: "a report that is taken") }
    state.withLockedValue {
      $0.largestReport = max($0.largestReport, information.committed.count)
      $0.reports += 1
    }
  }

  private func judge(_ request: CommitmentActionInformation) -> CommitmentEventInformation {
    let kept = kept
    let isCommitted = { (sop: SOPInstance) in
      kept[sop.instanceUID].map { $0.classUID == sop.classUID && $0.isIntact } ?? false
    }
    return CommitmentEventInformation(
      transactionUID: request.transactionUID, committed: request.references.filter(isCommitted),
      failed: request.references.filter { !isCommitted($0) }.map { .init(sop: $0, reason: 0x0112) })
  }
}

/// Counts a data set, compares it with what is expected, and forgets it.
private final class ComparingReceiver: DataSetReceiver {
  private struct State {
    var length = 0
    var isIntact = true
  }

  private let expected: LargeInstance?
  private let state = NIOLockedValueBox(State())

  init(_ expected: LargeInstance?) { self.expected = expected }

  var length: Int { state.withLockedValue { $0.length } }
  var isIntact: Bool { state.withLockedValue { $0.isIntact && $0.length == expected?.length ?? $0.length } }

  func receive(_ fragment: ByteBuffer) -> Bool {
    state.withLockedValue { state in
      if let expected {
        fragment.withUnsafeReadableBytes { state.isIntact = state.isIntact && expected.matches($0, at: state.length) }
      }
      state.length += fragment.readableBytes
    }
    return true
  }

  func abandon() {}
}
