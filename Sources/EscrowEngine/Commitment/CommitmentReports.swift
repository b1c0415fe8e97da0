import EscrowConfiguration
import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import Logging

/// Hears storage commitment reports: N-EVENT-REPORT, on whatever association they come (PS3.4 §J.3.3).
struct CommitmentReports: Sendable {
  let context: EngineContext

  /// The largest event information that is taken, bytes.
  static let maximumLength = 32 * 1024 * 1024

  /// Checks who reports, applies the report durably, and only then answers.
  ///
  /// Returns nil when the report could not be made durable: then the association is aborted without an answer, the
  /// only sign that makes every kind of sender report again.
  func handle(_ message: IncomingMessage, on association: Association) async -> CommandSet? {
    let command = message.command
    if let refusal = Self.refusal(of: command) { return refuse(command, refusal, on: association) }
    let report: CommitmentReport
    switch decode(message, on: association) {
    case .success(let decoded): report = decoded
    case .failure(let refusal): return refuse(command, refusal.status, on: association, text: refusal.text)
    }
    let reporters = context.peers.reporters(reporterTitle(of: association), at: association.remote.address)
    if isStrict(reporters), !message.context.requestorIsSCP, association.role == .acceptor {
      return refuse(command, .unrecognizedOperation, on: association, text: "role SCP was not negotiated")
    }
    do {
      return try await apply(report, from: reporters, command: command, on: association)
    } catch {
      context.logger.error("report not recorded, aborting: \(error)", metadata: metadata(association, report))
      return nil
    }
  }

  private func apply(
    _ report: CommitmentReport, from reporters: Set<PeerName>, command: CommandSet, on association: Association
  ) async throws -> CommandSet {
    let result = try await context.ledger.applyReport(
      report, from: reporters, policies: context.destinations.commitmentPolicies, now: context.clock.now())
    switch result {
    case .applied(let applied):
      context.logger.info(
        "report: \(applied.proved) committed, \(applied.failed) failed, \(applied.missing) missing, \(applied.ignored) ignored",
        metadata: metadata(association, report))
      wake(applied)
      return .response(to: command, status: .success)
    case .unknownTransaction:
      return refuse(
        command, .invalidArgumentValue, on: association,
        text: "unknown transaction \(report.transactionUID.rawValue.escaped)")
    case .wrongReporter(let destination):
      return refuse(
        command, .processingFailure, on: association, text: "the transaction is \(destination)'s, not this sender's")
    }
  }

  private func wake(_ applied: ReportResult.Applied) {
    let destination = context.destinations[applied.destination]
    destination?.noteWork()
    destination?.commitmentSignal.wake()
    context.wakeFollowers()
  }

  // MARK: Reading

  private struct Refusal: Error {
    let status: Status
    let text: String
  }

  private func decode(_ message: IncomingMessage, on association: Association) -> Result<CommitmentReport, Refusal> {
    guard case .collected(let bytes) = message.body else {
      let isTooLarge = if case .tooLarge = message.body { true } else { false }
      return .failure(
        isTooLarge
          ? Refusal(status: .resourceLimitation, text: "the report is larger than \(Self.maximumLength) bytes")
          : Refusal(status: .invalidArgumentValue, text: "the report has no data set"))
    }
    do throws(CommitmentPayloadError) {
      let information = try CommitmentEventInformation(
        decoding: bytes, transferSyntax: message.context.transferSyntax)
      return .success(
        CommitmentReport(
          transactionUID: information.transactionUID, committed: information.committed,
          failed: information.failed.map { FailedReference(sop: $0.sop, reason: $0.reason) },
          reportedBy: "\(association.callingAE.rawValue.escaped)@\(association.remote.address)"))
    } catch {
      return .failure(Refusal(status: error.status, text: error.text))
    }
  }

  /// What is wrong with the command set (PS3.7 §10.1.1.1.8); nil when nothing is.
  private static func refusal(of command: CommandSet) -> Status? {
    guard command.affectedSOPClassUID == StorageCommitment.sopClassUID else { return .noSuchSOPClass }
    guard command.affectedSOPInstanceUID == StorageCommitment.sopInstanceUID else {
      return .noSuchSOPInstance
    }
    guard command.eventTypeID == 1 || command.eventTypeID == 2 else { return .noSuchEventType }
    return nil
  }

  /// Who reports: the other side of the association.
  private func reporterTitle(of association: Association) -> AETitle {
    association.role == .acceptor ? association.callingAE : association.calledAE
  }

  private func isStrict(_ reporters: Set<PeerName>) -> Bool {
    reporters.contains { context.settings.peers[$0]?.strictRoles ?? false }
  }

  private func refuse(
    _ command: CommandSet, _ status: Status, on association: Association, text: String = "not a valid report"
  ) -> CommandSet {
    context.logger.warning(
      "report refused: \(status) \(text)",
      metadata: [
        "association": "\(association.id)",
        "peer": "\(reporterTitle(of: association).rawValue.escaped)@\(association.remote.address)",
      ])
    return .response(to: command, status: status)
  }

  private func metadata(_ association: Association, _ report: CommitmentReport) -> Logger.Metadata {
    ["association": "\(association.id)", "transaction": "\(report.transactionUID.rawValue.escaped)"]
  }
}
