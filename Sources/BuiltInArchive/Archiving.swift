import DICOM
import DICOMNetwork
import DICOMProtocol
import Logging

/// Serves the archive's associations: stores, and answers requests for commitment.
struct Archiving: AssociationService {
  let store: ArchiveStore
  let aeTitle: AETitle
  let connector: AssociationConnector
  let reportTo: @Sendable (AETitle) -> (host: String, port: Int)?
  let logger: Logger
  private let due: AsyncStream<DueReport>
  private let queue: AsyncStream<DueReport>.Continuation

  static let implementationClassUID: UID = "2.25.281946207316958342791036445617038920188"
  private static let maximumRequest = 32 * 1024 * 1024

  init(
    store: ArchiveStore, aeTitle: AETitle, connector: AssociationConnector,
    reportTo: @escaping @Sendable (AETitle) -> (host: String, port: Int)?, logger: Logger
  ) {
    self.store = store
    (due, queue) = AsyncStream.makeStream(of: DueReport.self)
    self.aeTitle = aeTitle
    self.connector = connector
    self.reportTo = reportTo
    self.logger = logger
  }

  func judge(_ request: AssociateRequest, from remote: RemoteEndpoint) async -> AssociationVerdict {
    .accept(
      AcceptorPolicy(implementationClassUID: Self.implementationClassUID) { abstractSyntax, _ in
        switch abstractSyntax {
        case Verification.sopClassUID: .accepted(.verification)
        case StorageCommitment.sopClassUID:
          .accepted(.commitment(requestorMayBeSCU: true, requestorMayBeSCP: false))
        default: SOPClass.isStorage(abstractSyntax) ? .accepted(.storage) : .refused(.abstractSyntaxNotSupported)
        }
      })
  }

  func handling(
    of command: CommandSet, context: AcceptedContext, on association: Association,
    resume: @escaping @Sendable () -> Void
  ) -> DataSetHandling {
    switch command.field {
    case .cStoreRequest:
      guard let sop = Self.sop(of: command) else { return .discard }
      return .stream(
        ArchiveReceiver(
          sop: sop, transferSyntax: context.transferSyntax, sender: association.callingAE, store: store, resume: resume)
      )
    case .nActionRequest: return .collect(maximum: Self.maximumRequest)
    default: return .discard
    }
  }

  func serve(_ association: Association) async {
    do {
      while let message = try await association.nextRequest() {
        try await association.respond(await response(to: message, on: association), on: message.context.id)
      }
    } catch {
      logger.debug("archive: association ended: \(error)", metadata: ["association": "\(association.id)"])
    }
  }

  private func response(to message: IncomingMessage, on association: Association) async -> CommandSet {
    let command = message.command
    switch command.field {
    case .cEchoRequest: return .response(to: command, status: .success)
    case .cStoreRequest:
      guard case .streamed(let receiver as ArchiveReceiver) = message.body else {
        return .response(to: command, status: .invalidSOPInstance)
      }
      return .response(to: command, status: await receiver.finish() ? .success : .outOfResources)
    case .nActionRequest: return commitmentResponse(to: message, on: association)
    default: return .response(to: command, status: .unrecognizedOperation)
    }
  }

  /// PS3.4 §J.3.2: 0000H only when a report will follow.
  private func commitmentResponse(to message: IncomingMessage, on association: Association) -> CommandSet {
    let command = message.command
    guard let target = reportTo(association.callingAE) else {
      return .response(to: command, status: .processingFailure, errorComment: "no address to report to")
    }
    guard case .collected(let bytes) = message.body else {
      return .response(to: command, status: .invalidArgumentValue)
    }
    do throws(CommitmentPayloadError) {
      let request = try CommitmentActionInformation(decoding: bytes, transferSyntax: message.context.transferSyntax)
      queue.yield(
        DueReport(
          request: request, to: association.callingAE, from: association.calledAE, host: target.host, port: target.port)
      )
      return .response(to: command, status: .success)
    } catch {
      return .response(to: command, status: error.status, errorComment: error.text)
    }
  }

  /// Sends the reports that are due, until cancelled.
  func sendReports() async {
    let sender = ReportSender(connector: connector, logger: logger)
    await withDiscardingTaskGroup { group in
      for await report in due {
        group.addTask { await sender.send(report, decidedBy: store) }
      }
    }
  }

  private static func sop(of command: CommandSet) -> SOPInstance? {
    guard let classUID = command.affectedSOPClassUID, let instanceUID = command.affectedSOPInstanceUID,
      classUID.isValid, instanceUID.isValid
    else { return nil }
    return SOPInstance(classUID: classUID, instanceUID: instanceUID)
  }
}
