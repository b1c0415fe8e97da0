import DICOM
import DICOMNetwork
import DICOMProtocol
import Logging

/// A report that was promised by an N-ACTION-RSP.
struct DueReport: Sendable {
  let request: CommitmentActionInformation
  /// Who asked.
  let to: AETitle
  /// The AE title that was asked.
  let from: AETitle
  let host: String
  let port: Int
}

/// Reports on a new association, as the SCP of storage commitment (PS3.4 §J.3.3).
struct ReportSender: Sendable {
  let connector: AssociationConnector
  let logger: Logger

  private static let tries = 5

  /// Decides from what is on disk, and tells; tried again a few times with growing pauses.
  func send(_ report: DueReport, decidedBy store: ArchiveStore) async {
    var pause = Duration.seconds(1)
    for attempt in 1...Self.tries {
      do {
        return try await send(store.report(on: report.request), of: report)
      } catch {
        logger.warning("archive: report not delivered (try \(attempt)): \(error)")
      }
      guard (try? await Task.sleep(for: pause)) != nil else { return }
      pause *= 2
    }
  }

  private func send(_ information: CommitmentEventInformation, of report: DueReport) async throws {
    var proposal = Proposal(
      calledAE: report.to, callingAE: report.from, implementationClassUID: Archiving.implementationClassUID)
    proposal.add(StorageCommitment.sopClassUID, transferSyntaxes: StorageCommitment.offeredTransferSyntaxes)
    proposal.selectRoles(for: StorageCommitment.sopClassUID, scu: false, scp: true)
    let association = try await connector.connect(to: report.host, port: report.port, proposal: proposal)
    guard let context = association.contexts.values.first else {
      await association.release()
      throw AssociationError.contextNotAccepted(1)
    }
    let reply = try await association.send(
      .commitmentReport(eventTypeID: information.eventTypeID, messageID: 1),
      dataSet: .bytes(information.encoded(transferSyntax: context.transferSyntax)), on: context.id,
      timeout: .seconds(60))
    await association.release()
    guard let status = reply.command.statusCode, status.isDone else {
      throw AssociationError.violated(
        "the report was answered with \(reply.command.statusCode?.description ?? "no status")")
    }
  }
}
