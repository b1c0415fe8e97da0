import EscrowConfiguration
import DICOM
package import DICOMNetwork
package import DICOMProtocol
import EscrowCore
import EscrowSpool
import Logging

/// The acceptor's side of the road: takes instances, and requests for and reports of storage commitment, from whoever
/// may send them.
package struct ReceiveService: AssociationService {
  private let context: EngineContext
  private let judge: AssociationJudge
  private let reports: CommitmentReports
  private let inquiries: CommitmentInquiries

  package init(context: EngineContext) {
    self.context = context
    judge = AssociationJudge(context: context)
    reports = CommitmentReports(context: context)
    inquiries = CommitmentInquiries(context: context)
  }

  package func judge(_ request: AssociateRequest, from remote: RemoteEndpoint) async -> AssociationVerdict {
    let verdict = judge.judge(request, from: remote)
    warnOfUselessReports(request, from: remote)
    var refusal = judge.storageRefusal(request, from: remote)
    if case .reject(_, let text) = verdict {
      context.rejections.note(text, callingAE: request.callingAE, remote: remote, at: context.clock.monotonic())
      refusal = text
    }
    if let refusal {
      context.unlisted.note(UnlistedSender(request, from: remote, reason: refusal, now: context.clock.now()))
    }
    return verdict
  }

  /// Somebody wants to report whom nobody asked: most often an archive that reports under another AE title.
  private func warnOfUselessReports(_ request: AssociateRequest, from remote: RemoteEndpoint) {
    let role = request.userInformation.roleSelections.first { $0.abstractSyntax == StorageCommitment.sopClassUID }
    guard role?.scp == true, context.peers.reporters(request.callingAE, at: remote.address).isEmpty else { return }
    context.logger.warning(
      "wants to report storage commitment, but no peer with report in its allow has this AE title and address",
      metadata: ["peer": "\(request.callingAE.rawValue.escaped)@\(remote.address)"])
  }

  /// The last associations are for those who report: their reports let copies go when the disk is full.
  package func mayTakeReservedSlot(_ request: AssociateRequest, from remote: RemoteEndpoint) -> Bool {
    !context.peers.reporters(request.callingAE, at: remote.address).isEmpty
  }

  package func handling(
    of command: CommandSet, context accepted: AcceptedContext, on association: Association,
    resume: @escaping @Sendable () -> Void
  ) -> DataSetHandling {
    switch command.field {
    case .cStoreRequest: storeHandling(of: command, context: accepted, on: association, resume: resume)
    case .nEventReportRequest:
      reports.refusal(of: command, context: accepted, on: association) == nil
        ? .collect(maximum: CommitmentReports.maximumLength) : .discard
    case .nActionRequest:
      inquiries.refusal(of: command, context: accepted, on: association) == nil
        ? .collect(maximum: CommitmentInquiries.maximumLength) : .discard
    default: .discard
    }
  }

  /// Serves one association until its peer is done. Every request gets exactly one answer.
  package func serve(_ association: Association) async {
    // Woken also when a peer can no longer be told on it.
    defer { if context.askers.ended(association) { context.inquiries.wake() } }
    do {
      while let message = try await association.nextRequest() {
        guard let response = await response(to: message, on: association) else {
          return await association.abort(.notSpecified)
        }
        try await association.respond(response, on: message.context.id)
        if context.askers.answered(on: association) { context.inquiries.wake() }
      }
    } catch {
      context.logger.info(
        "association ended: \(error)",
        metadata: ["association": "\(association.id)", "peer": "\(association.callingAE.rawValue.escaped)"])
    }
  }

  /// The answer to a request; nil when there must be none, because a promise could not be made durable.
  private func response(to message: IncomingMessage, on association: Association) async -> CommandSet? {
    switch message.command.field {
    case .cEchoRequest: .response(to: message.command, status: .success)
    case .cStoreRequest: await receive(message, on: association)
    // Their data sets can be long: the event loop does not wait until they are read.
    case .nEventReportRequest:
      await withTaskExecutorPreference(globalConcurrentExecutor) { await reports.handle(message, on: association) }
    case .nActionRequest:
      await withTaskExecutorPreference(globalConcurrentExecutor) { await inquiries.handle(message, on: association) }
    default: .response(to: message.command, status: .unrecognizedOperation)
    }
  }

  // MARK: The road: receive, spool, route, admit; only then answer

  private func receive(_ message: IncomingMessage, on association: Association) async -> CommandSet {
    let command = message.command
    guard case .streamed(let receiver as StoreReceiver) = message.body else {
      let refusal =
        StoreRefusal.of(command, contextClass: message.context.abstractSyntax) ?? quotaRefusal(of: association)
      return refuse(command, refusal ?? .noIntake(context), on: association)
    }
    do {
      // Who sends one small instance after the other is kept to its rate by its answers.
      if receiver.owed > .zero { try? await Task.sleep(for: receiver.owed) }
      if let refusal = try await take(receiver) { return refuse(command, refusal, on: association) }
      return .response(to: command, status: .success)
    } catch {
      await context.note(failure: error)
      return refuse(command, StoreRefusal.failure(error), on: association)
    }
  }

  /// Makes what was received durable, first in the spool, then in the ledger. Returns nil when it is: only then may
  /// the sender be told success.
  func take(_ receiver: StoreReceiver) async throws -> StoreRefusal? {
    let (file, header) = try await receiver.finish()
    if let refusal = StoreRefusal.of(header, sop: receiver.sop) {
      try await context.spool.remove([receiver.id])
      return refusal
    }
    let instance = ReceivedInstance(
      id: receiver.id, sop: receiver.sop, transferSyntax: receiver.transferSyntax, source: receiver.source,
      receivedAt: receiver.receivedAt, dataSetLength: file.dataSetLength, digest: file.digest, header: header)
    let peer = receiver.source.peer
    try await context.sources.admitting(from: peer) {
      let result = try await Admissions(context: context).admit(instance.admission(by: receiver.rules))
      let isNew = if case .admitted = result { true } else { false }
      if let peer { context.sources.received(isNew ? file.dataSetLength : 0, from: peer, at: receiver.receivedAt) }
    }
    return nil
  }

  private func storeHandling(
    of command: CommandSet, context accepted: AcceptedContext, on association: Association,
    resume: @escaping @Sendable () -> Void
  ) -> DataSetHandling {
    guard StoreRefusal.of(command, contextClass: accepted.abstractSyntax) == nil, !context.space.isFull,
      context.stops.intake == nil, let classUID = command.affectedSOPClassUID,
      let instanceUID = command.affectedSOPInstanceUID
    else { return .discard }
    let rules = context.rules
    let source = source(of: association, by: rules)
    guard quotaRefusal(of: source, by: rules) == nil else { return .discard }
    do {
      return .stream(
        try StoreReceiver(
          sop: SOPInstance(classUID: classUID, instanceUID: instanceUID), transferSyntax: accepted.transferSyntax,
          source: source, context: context, rules: rules, pace: pace(of: source, by: rules),
          resume: resume))
    } catch {
      context.logger.error("no spool file can be begun: \(error)", metadata: ["association": "\(association.id)"])
      return .discard
    }
  }

  private func quotaRefusal(of association: Association) -> StoreRefusal? {
    let rules = context.rules
    return quotaRefusal(of: source(of: association, by: rules), by: rules)
  }

  private func quotaRefusal(of source: Source, by rules: Rules) -> StoreRefusal? {
    guard let name = source.peer, let peer = rules.settings.peers[name], context.sources.isOver(peer) else {
      return nil
    }
    return .quota(of: name)
  }

  private func pace(of source: Source, by rules: Rules) -> SourcePace? {
    source.peer.flatMap { rules.settings.peers[$0] }.flatMap {
      context.sourcePaces.pace(of: $0, clock: context.clock)
    }
  }

  private func source(of association: Association, by rules: Rules) -> Source {
    let caller = rules.peers.caller(association.callingAE, at: association.remote.address)
    let name: PeerName? = if case .peer(let peer) = caller { peer.name } else { nil }
    return Source(
      callingAE: association.callingAE, calledAE: association.calledAE, address: association.remote.address, peer: name,
      association: association.id)
  }

  private func refuse(_ command: CommandSet, _ refusal: StoreRefusal, on association: Association) -> CommandSet {
    context.logger.warning(
      "C-STORE refused: \(refusal.status) \(refusal.text)",
      metadata: [
        "association": "\(association.id)", "peer": "\(association.callingAE.rawValue.escaped)",
        "sopInstanceUID": "\((command.affectedSOPInstanceUID?.rawValue ?? "none").escaped)",
      ])
    return .response(to: command, status: refusal.status, errorComment: refusal.text)
  }
}
