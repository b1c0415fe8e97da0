import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import Logging

/// Sends N-ACTION-RQ for transactions that are already durable, and hears reports that come on the same association.
struct CommitmentRequests: Sendable {
  let context: EngineContext

  /// What a destination that will never do this is asked again after.
  static let refusedWait = Duration.hours(24)

  /// Asks and records the answer, which is returned. Throws only what the ledger throws.
  @discardableResult
  func ask(_ transaction: CommitmentTransaction, of destination: Destination) async throws -> RequestAnswer {
    let answer = await answer(to: transaction, of: destination)
    log(answer, transaction, destination)
    try await context.ledger.recordRequest(transaction.uid, answer: answer, now: context.clock.now())
    context.wakeFollowers()
    return answer
  }

  private func answer(to transaction: CommitmentTransaction, of destination: Destination) async -> RequestAnswer {
    let association: Association
    do {
      association = try await open(to: destination)
    } catch {
      if asksWhereItSends(destination) {
        await HealthChanges(context: context).failed(destination, reason: "\(error)", trouble: .unreachable)
      }
      let retryAt = context.clock.now() + destination.peer.retry.first
      return .notSent(message: "\(error)", retryAt: retryAt)
    }
    await HealthChanges(context: context).associated(destination)
    guard let accepted = association.contexts.values.first else {
      await association.release()
      return refused(status: nil, "the peer does not accept Storage Commitment (presentation context refused)")
    }
    return await exchange(transaction, over: association, accepted: accepted, destination: destination)
  }

  /// Whether the AE title that is asked is also the one that instances are sent to: only then that it cannot be
  /// reached says anything about sending.
  private func asksWhereItSends(_ destination: Destination) -> Bool {
    let peer = destination.peer
    return (peer.commitment.aeTitles.first ?? peer.aeTitle) == peer.aeTitle
  }

  /// N-ACTION and its answer, while reports on the same association are heard.
  private func exchange(
    _ transaction: CommitmentTransaction, over association: Association, accepted: AcceptedContext,
    destination: Destination
  ) async -> RequestAnswer {
    let heard = Signal()
    return await withTaskGroup(of: Void.self) { group in
      group.addTask { await hearReports(on: association, heard: heard) }
      let answer: RequestAnswer
      do {
        let payload = CommitmentActionInformation(
          transactionUID: transaction.uid, references: transaction.references)
        let reply = try await association.send(
          .commitmentRequest(messageID: 1), dataSet: .bytes(payload.encoded(transferSyntax: accepted.transferSyntax)),
          on: accepted.id, timeout: destination.peer.timeouts.action)
        answer = judge(reply.command)
        // Kept open for peers that report on it, at most until they have.
        if answer == .accepted { await heard.wait(atMost: destination.peer.commitment.policy.waitOnAssociation) }
        await association.release()
      } catch {
        answer = .failed(status: nil, message: "no answer to the request: \(error)")
        await association.abort()
      }
      return answer
    }
  }

  private func hearReports(on association: Association, heard: Signal) async {
    let reports = CommitmentReports(context: context)
    do {
      while let message = try await association.nextRequest() {
        guard message.command.field == .nEventReportRequest else {
          try await association.respond(
            .response(to: message.command, status: .unrecognizedOperation), on: message.context.id)
          continue
        }
        guard let response = await reports.handle(message, on: association) else {
          return await association.abort(.notSpecified)
        }
        try await association.respond(response, on: message.context.id)
        heard.wake()
      }
    } catch {
      context.logger.debug("commitment association ended: \(error)", metadata: ["association": "\(association.id)"])
    }
  }

  private func open(to destination: Destination) async throws -> Association {
    let peer = destination.peer
    var proposal = Proposal(
      calledAE: peer.commitment.aeTitles.first ?? peer.aeTitle, callingAE: context.localAE(for: peer))
    proposal.add(StorageCommitment.sopClassUID, transferSyntaxes: StorageCommitment.offeredTransferSyntaxes)
    return try await context.connector.connect(
      to: destination.host, port: destination.port, proposal: proposal, timeouts: peer.connectTimeouts)
  }

  // MARK: Judging

  /// PS3.7 §10.1.4.1.10: what the status of the N-ACTION-RSP means for asking again.
  private func judge(_ response: CommandSet) -> RequestAnswer {
    let status = Status(rawValue: response.status ?? Status.processingFailure.rawValue)
    if status.isDone { return .accepted }
    let message = "the peer answered \(status) \((response.errorComment ?? "").escaped)"
    switch status.rawValue {
    case 0x0112, 0x0118, 0x0122, 0x0124, 0x0211: return refused(status: status.rawValue, message)
    default: return .failed(status: status.rawValue, message: message)
    }
  }

  private func refused(status: UInt16?, _ message: String) -> RequestAnswer {
    .refused(status: status, message: message, retryAt: context.clock.now() + Self.refusedWait)
  }

  private func log(_ answer: RequestAnswer, _ transaction: CommitmentTransaction, _ destination: Destination) {
    let metadata: Logger.Metadata = ["peer": "\(destination.name)", "transaction": "\(transaction.uid)"]
    switch answer {
    case .accepted: context.logger.info("commitment asked for \(transaction.references.count)", metadata: metadata)
    case .refused(_, let message, _), .failed(_, let message), .notSent(let message, _):
      context.logger.warning("commitment request failed: \(message)", metadata: metadata)
    }
  }
}
