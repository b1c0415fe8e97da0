import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowConfiguration
import EscrowCore
import Logging

/// Tells peers the answers to their requests: N-EVENT-REPORT as the SCP of storage commitment (PS3.4 §J.3.3).
struct InquiryReports: Sendable {
  let context: EngineContext

  /// How long a peer that cannot be told is tried again.
  private static let patience = Duration.days(7)
  /// How long an association is kept for the next answer.
  private static let linger = Duration.milliseconds(200)

  /// Tells a peer everything that is due, on one association of ours, and on those on which it asked where it wants
  /// that. What cannot be told keeps nothing else from being told, unless the peer cannot be reached at all.
  func tell(_ name: PeerName) async {
    var line: Line?
    do {
      while !context.isDraining, let job = try await next(for: name) {
        switch context.askers.place(of: job.id) {
        case .soon: try? await Task.sleep(for: .milliseconds(10))
        case .here(let association, let contextID):
          if let accepted = association.contexts[contextID] {
            let same = Line(association: association, accepted: accepted, callingAE: association.calledAE)
            _ = try await tell(job, on: same, isOurs: false)
          }
          context.askers.remove(job.id)
        case .elsewhere:
          line = try await self.line(to: name, for: job, instead: line)
          if let open = line, try await !tell(job, on: open, isOurs: true) { line = nil }
        }
      }
    } catch let trouble as Trouble {
      await postponeAll(name, trouble.text)
    } catch {
      await context.note(failure: error)
      context.logger.error("answers not told: \(error)", metadata: ["peer": "\(name)"])
      try? await Task.sleep(for: .seconds(1))
    }
    await line?.association.release()
  }

  /// The next answer that is due, if one comes soon.
  private func next(for name: PeerName) async throws -> Job? {
    if let job = try await due(for: name) { return job }
    try? await Task.sleep(for: Self.linger)
    return try await due(for: name)
  }

  private func due(for name: PeerName) async throws -> Job? {
    try await context.ledger.dueJobs(.reporting, of: name, limit: 1, now: context.clock.now()).first
  }

  // MARK: One answer

  /// True when the association can be used for another. When one that is not ours breaks, it is told elsewhere at once.
  private func tell(_ job: Job, on line: Line, isOurs: Bool) async throws -> Bool {
    guard let report = try await sealed(job.id) else { return true }
    do {
      let result = try await send(report, on: line, tries: job.tries)
      try await record(result, of: report)
      return true
    } catch let error as AssociationError {
      context.logger.info("no answer to the report: \(error)", metadata: metadata(report))
      if isOurs {
        await line.association.abort()
        try await record(.failed(message: "no answer to the report: \(error)", retryAt: retryAt(job)), of: report)
      }
      return false
    }
  }

  /// The answer as it stays; nil when there is something to be decided again first.
  private func sealed(_ job: JobID) async throws -> InquiryReport? {
    if let report = try await context.ledger.sealReport(job, now: context.clock.now()) { return report }
    _ = try await context.ledger.advanceInquiry(job, limit: 1000, now: context.clock.now())
    return nil
  }

  private func send(_ report: InquiryReport, on line: Line, tries: Int) async throws -> ReportingResult {
    let information = CommitmentEventInformation(
      transactionUID: report.transactionUID, committed: report.committed,
      failed: report.failed.map { .init(sop: $0.sop, reason: $0.reason) })
    let reply = try await line.association.send(
      .commitmentReport(eventTypeID: information.eventTypeID, messageID: 1),
      dataSet: .bytes(information.encoded(transferSyntax: line.accepted.transferSyntax)), on: line.accepted.id,
      timeout: context.peer(report.peer)?.timeouts.action ?? .seconds(60))
    return judge(reply.command, to: report.peer, tries: tries)
  }

  /// PS3.7 §10.1.1.1.8: what the status of the N-EVENT-REPORT-RSP means.
  private func judge(_ response: CommandSet, to peer: PeerName, tries: Int) -> ReportingResult {
    let status = Status(rawValue: response.status ?? Status.processingFailure.rawValue)
    if status.isDone { return .accepted(status: status.rawValue) }
    let message = "the peer answered the report with \(status) \((response.errorComment ?? "").escaped)"
    if [.noSuchSOPInstance, .invalidArgumentValue].contains(status) {
      return .unwanted(status: status.rawValue, message: "\(message): it knows no such transaction")
    }
    return .failed(message: message, retryAt: context.clock.now() + wait(for: peer, afterFailures: tries + 1))
  }

  private func record(_ result: ReportingResult, of report: InquiryReport) async throws {
    let now = context.clock.now()
    switch result {
    case .accepted:
      context.logger.info(
        "told: \(report.committed.count) committed, \(report.failed.count) failed", metadata: metadata(report))
    case .unwanted(_, let message), .failed(let message, _):
      context.logger.warning("not told: \(message)", metadata: metadata(report))
    }
    try await context.ledger.recordReporting(report.job, result, givingUp: now - Self.patience, now: now)
    context.webhooks()
    guard case .failed(let message, _) = result else { return }
    let since = try await context.ledger.job(report.job)?.troubledSince
    try await raise(report.peer, since: since ?? now, message: message)
  }

  private func metadata(_ report: InquiryReport) -> Logger.Metadata {
    ["peer": "\(report.peer)", "job": "\(report.job)", "transaction": "\(report.transactionUID.rawValue.escaped)"]
  }

  // MARK: Trouble

  /// Why a peer cannot be told anything now.
  private struct Trouble: Error {
    let text: String

    init(_ text: String) { self.text = text }
  }

  private func retryAt(_ job: Job) -> Timestamp {
    context.clock.now() + wait(for: job.peer, afterFailures: job.tries + 1)
  }

  private func wait(for peer: PeerName, afterFailures failures: Int) -> Duration {
    let retry = context.peer(peer)?.retry ?? RetryPolicy()
    return retry.wait(afterFailures: failures, jitter: .random(in: 0...1))
  }

  private func postponeAll(_ name: PeerName, _ message: String) async {
    let now = context.clock.now()
    let wait = wait(for: name, afterFailures: context.reportFailures.next(for: name))
    context.logger.warning("answers not told: \(message)", metadata: ["peer": "\(name)"])
    do {
      let since = try await context.ledger.postponeReports(
        to: name, message: message, retryAt: now + wait, givingUp: now - Self.patience, now: now)
      if let since { try await raise(name, since: since, message: message) }
    } catch {
      await context.note(failure: error)
      context.logger.error("answers not postponed: \(error)", metadata: ["peer": "\(name)"])
      try? await Task.sleep(for: .seconds(1))
    }
  }

  private func raise(_ name: PeerName, since: Timestamp, message: String) async throws {
    let alarmAfter = context.peer(name)?.retry.alarmAfter ?? .zero
    guard context.clock.now().since(since) >= alarmAfter else { return }
    let text = "cannot be told about its instances since \(since.rfc3339): \(message)"
    try await context.ledger.raise(
      Alarm(.reportUndelivered, subject: name.rawValue, since: since, text: text), event: nil)
  }

  // MARK: The association

  /// An association on which answers are told.
  private struct Line {
    let association: Association
    let accepted: AcceptedContext
    /// Who we are on it.
    let callingAE: AETitle
  }

  /// An association as the AE title that was asked, in the role of the SCP: the one that is open, or a new one.
  private func line(to name: PeerName, for job: Job, instead open: Line?) async throws -> Line {
    guard let inquiry = try await context.ledger.inquiry(job.id) else { throw Trouble("job \(job.id) is gone") }
    if let open, open.callingAE == inquiry.calledAE, open.association.calledAE == inquiry.callingAE { return open }
    await open?.association.release()
    guard let peer = context.peer(name), let host = peer.host, let port = peer.port else {
      throw Trouble("peer \(name) has no host and port")
    }
    var proposal = Proposal(calledAE: inquiry.callingAE, callingAE: inquiry.calledAE)
    proposal.add(StorageCommitment.sopClassUID, transferSyntaxes: StorageCommitment.offeredTransferSyntaxes)
    proposal.selectRoles(for: StorageCommitment.sopClassUID, scu: false, scp: true)
    let association: Association
    do {
      association = try await context.connector.connect(
        to: host, port: port, proposal: proposal, timeouts: peer.connectTimeouts)
    } catch {
      throw Trouble("\(error)")
    }
    let accepted = try await agreed(association, with: peer)
    context.reportFailures.reset(for: name)
    return Line(association: association, accepted: accepted, callingAE: inquiry.calledAE)
  }

  /// The context, in which we are the SCP: as negotiated, or without negotiation unless the peer is declared strict.
  private func agreed(_ association: Association, with peer: Peer) async throws -> AcceptedContext {
    guard let accepted = association.contexts.values.first else {
      await association.release()
      throw Trouble("the peer does not take reports (presentation context refused)")
    }
    if accepted.roleWasNegotiated ? !accepted.requestorIsSCP : peer.strictRoles {
      await association.release()
      throw Trouble("the peer did not agree to our role as SCP")
    }
    return accepted
  }
}
