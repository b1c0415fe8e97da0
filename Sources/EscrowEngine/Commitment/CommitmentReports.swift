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
    if let refusal = refusal(of: command, context: message.context, on: association) {
      return refuse(command, refusal.status, on: association, text: refusal.text)
    }
    let report: CommitmentReport
    switch decode(message, on: association) {
    case .success(let decoded): report = decoded
    case .failure(let refusal): return refuse(command, refusal.status, on: association, text: refusal.text)
    }
    do {
      return try await apply(report, from: reporters(on: association), command: command, on: association)
    } catch {
      await context.note(failure: error)
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
      let isOdd = applied.missing > 0 || applied.proved + applied.failed == 0
      context.logger.log(
        level: isOdd ? .warning : .info,
        "report: \(applied.proved) committed, \(applied.failed) failed, \(applied.missing) missing, \(applied.ignored) ignored",
        metadata: metadata(association, report))
      wake(applied)
      return .response(to: command, status: .success)
    case .unknownTransaction:
      return refuse(
        command, .invalidArgumentValue, on: association, transactionUID: report.transactionUID,
        text: "unknown transaction \(report.transactionUID.rawValue.escaped)")
    case .wrongReporter(let destination):
      return refuse(
        command, .processingFailure, on: association, transactionUID: report.transactionUID,
        text: "the transaction is \(destination)'s, not this sender's")
    }
  }

  private func wake(_ applied: ReportResult.Applied) {
    let destination = context.destinations[applied.destination]
    destination?.noteWork()
    destination?.commitmentSignal.wake()
    context.wakeFollowers()
  }

  // MARK: Reading

  /// Why a report is not taken.
  struct Refusal: Error {
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
          reportedBy: "\(reporterTitle(of: association).rawValue.escaped)@\(association.remote.address)"))
    } catch {
      return .failure(Refusal(status: error.status, text: error.text))
    }
  }

  /// What is wrong before a byte of the report is looked at: with the command set (PS3.7 §10.1.1.1.8), with who sends
  /// it, or with the role in which; nil when nothing is.
  func refusal(of command: CommandSet, context accepted: AcceptedContext, on association: Association) -> Refusal? {
    guard command.affectedSOPClassUID == StorageCommitment.sopClassUID,
      accepted.abstractSyntax == StorageCommitment.sopClassUID
    else { return Refusal(status: .noSuchSOPClass, text: "not of Storage Commitment Push Model") }
    guard command.affectedSOPInstanceUID == StorageCommitment.sopInstanceUID else {
      return Refusal(status: .noSuchSOPInstance, text: "not of the well-known instance")
    }
    guard command.eventTypeID == 1 || command.eventTypeID == 2 else {
      return Refusal(status: .noSuchEventType, text: "event type \(command.eventTypeID.map { "\($0)" } ?? "missing")")
    }
    let reporters = reporters(on: association)
    guard !reporters.isEmpty else {
      return Refusal(status: .processingFailure, text: "nobody was asked who has this AE title and address")
    }
    return refusal(ofRoleIn: accepted, on: association, isStrict: isStrict(reporters))
  }

  /// A report by who only took the role of an SCU is refused; without any role selection it is taken, unless the peer
  /// is declared strict (PS3.7 §D.3.3.4).
  private func refusal(
    ofRoleIn accepted: AcceptedContext, on association: Association, isStrict: Bool
  ) -> Refusal? {
    guard association.role == .acceptor, !accepted.requestorIsSCP else { return nil }
    if accepted.roleWasNegotiated || isStrict {
      return Refusal(status: .unrecognizedOperation, text: "role SCP was not negotiated")
    }
    context.logger.debug("report without role selection", metadata: ["association": "\(association.id)"])
    return nil
  }

  private func reporters(on association: Association) -> Set<PeerName> {
    context.peers.reporters(reporterTitle(of: association), at: association.remote.address)
  }

  /// Who reports: the other side of the association.
  private func reporterTitle(of association: Association) -> AETitle {
    association.role == .acceptor ? association.callingAE : association.calledAE
  }

  private func isStrict(_ reporters: Set<PeerName>) -> Bool {
    reporters.contains { context.settings.peers[$0]?.strictRoles ?? false }
  }

  /// Answers a report that changes nothing, and puts it on record with who sent it: it may be a forgery.
  private func refuse(
    _ command: CommandSet, _ status: Status, on association: Association, transactionUID: UID? = nil, text: String
  ) -> CommandSet {
    context.rejections.note(
      "answered \(status): \(text)", kind: .reportRefused, transactionUID: transactionUID,
      callingAE: reporterTitle(of: association), remote: association.remote, at: context.clock.monotonic())
    context.upkeep.wake()
    return .response(to: command, status: status)
  }

  private func metadata(_ association: Association, _ report: CommitmentReport) -> Logger.Metadata {
    ["association": "\(association.id)", "transaction": "\(report.transactionUID.rawValue.escaped)"]
  }
}
