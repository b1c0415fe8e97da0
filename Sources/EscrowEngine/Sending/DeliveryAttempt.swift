import DICOM
import DICOMNetwork
import DICOMProtocol
import EscrowCore
import EscrowSpool
import Glibc
import Logging

/// One try to send one instance to one destination.
struct DeliveryAttempt: Sendable {
  let claim: Claim
  let destination: Destination
  let context: EngineContext
  /// The file as it is stored; it can be read once.
  private let source: SpoolSource

  init(claim: Claim, destination: Destination, context: EngineContext) {
    self.claim = claim
    self.destination = destination
    self.context = context
    source = SpoolSource(claim: claim, spool: context.spool)
  }

  /// Whether the association can be used for the next instance.
  enum Ending: Sendable {
    case associationOpen
    case associationOver
    /// The peer ended it while it was idle, before the instance was offered.
    case associationHadEnded
    /// The peer answered for other contexts and not for this one's, with no reason that lasts: there are peers that
    /// take one at a time. An association that proposes nothing else will tell.
    case wantsItsOwn
  }

  /// Streams the file out, judges the answer, records the outcome.
  ///
  /// - Parameter next: the attempt that follows on this association if it stays open; it is begun to be read.
  func run(over open: DeliveryAssociation, before next: DeliveryAttempt?) async -> Ending {
    let started = context.clock.now()
    let accepted: AcceptedContext
    switch open.answer(to: claim) {
    case .accepted(let context): accepted = context
    case .refused(_, let results) where open.offer.isShared && !results.contains(where: \.isLasting):
      return .wantsItsOwn
    case .refused(let offered, let results):
      record(refusal(results), startedAt: started, over: open, message: words(offered, results))
      return .associationOpen
    }
    do {
      let reply = try await open.association.send(
        .storeRequest(sop: claim.sop, messageID: 1, priority: 0), dataSet: dataSet(in: accepted.transferSyntax),
        at: claim.terms.maxRate.map { destination.pace($0, clock: context.clock) }, on: accepted.id,
        timeout: destination.peer.timeouts.store, before: next?.upcoming(over: open))
      return await judge(reply, startedAt: started, over: open)
    } catch AssociationError.hadEnded where open.isProven {
      return .associationHadEnded
    } catch let error as EditingError {
      record(.failed(reason: "cannotBeEdited"), startedAt: started, over: open, message: "\(error)")
      return .associationOpen
    } catch AssociationError.source(let error) {
      return await failedToRead(error, startedAt: started, over: open)
    } catch {
      return await lost(error, startedAt: started, over: open)
    }
  }

  /// The file as it is stored where the peer takes it so, else re-encoded on its way, or edited.
  private func dataSet(in transferSyntax: UID) throws(EditingError) -> OutgoingDataSet {
    guard isChanged(in: transferSyntax) else { return .source(source) }
    return .stream(try ChangedStream(claim: claim, target: TransferSyntax(transferSyntax), spool: context.spool))
  }

  private func isChanged(in transferSyntax: UID) -> Bool {
    transferSyntax != claim.transferSyntax || !claim.terms.edits.isEmpty
  }

  /// What can be read of it before it is its turn; nil when it goes over another association, is changed on its way, or
  /// leaves in small pieces.
  private func upcoming(over open: DeliveryAssociation) -> UpcomingDataSet? {
    guard claim.terms.maxRate == nil, open.covers(claim), case .accepted(let accepted) = open.answer(to: claim),
      !isChanged(in: accepted.transferSyntax)
    else { return nil }
    return UpcomingDataSet(source: source, context: accepted.id)
  }

  // MARK: Judging

  private func judge(_ reply: Association.Reply, startedAt: Timestamp, over open: DeliveryAssociation) async -> Ending {
    let status = reply.command.status ?? Status.processingFailure.rawValue
    var message = "\(Status(rawValue: status))"
    if let comment = reply.command.errorComment, !comment.isEmpty { message += " \(comment.escaped)" }
    if !reply.command.offendingElements.isEmpty {
      message += " (offending: \(reply.command.offendingElements.map { "\($0)" }.joined(separator: ", ")))"
    }
    let disposition = StoreDisposition.judge(
      status: status, proof: claim.proof, duplicateIsStored: destination.peer.duplicateIsStored)
    if case .stored = disposition, !reply.dataSetWasComplete || !isAnswerToThis(reply.command) {
      await open.association.abort()
      let outcome = retry(reason: "unknown outcome: the peer answered success before it had the whole instance")
      record(outcome, startedAt: startedAt, over: open, status: status, message: message, mayBeThere: true)
      return .associationOver
    }
    return await apply(
      disposition, status: status, message: message, startedAt: startedAt, over: open,
      wasComplete: reply.dataSetWasComplete)
  }

  private func apply(
    _ disposition: StoreDisposition, status: UInt16, message: String, startedAt: Timestamp,
    over open: DeliveryAssociation, wasComplete: Bool
  ) async -> Ending {
    var ending = Ending.associationOpen
    var mayBeThere = false
    let result: AttemptOutcome.Result
    switch disposition {
    case .stored(let warning, let discarded):
      result = .stored(discardedElements: discarded)
      record(result, startedAt: startedAt, over: open, status: status, message: warning.map { "\(message): \($0)" })
      await HealthChanges(context: context).succeeded(destination)
      return .associationOpen
    case .retryDestination(let reason):
      result = await pause(reason: reason, message: message, trouble: .refusing)
    case .holdDestination(let reason):
      result = await pause(reason: reason, message: message, trouble: .forbidding)
    case .retryDelivery(let reason, let usual):
      let limit = destination.peer.retry.attempts[reason] ?? usual
      result = claim.doubtfulFailures >= limit ? .failed(reason: reason) : retry(reason: reason, counted: true)
    case .protocolError(let reason):
      // That is no answer to C-STORE (PS3.4 §B.2.3): it says neither that the instance is there nor that it is not.
      mayBeThere = true
      await open.association.abort()
      ending = .associationOver
      result = claim.doubtfulFailures >= 1 ? .failed(reason: reason) : retry(reason: reason, counted: true)
    case .failed(let reason):
      result = permanent(reason)
    }
    record(result, startedAt: startedAt, over: open, status: status, message: message, mayBeThere: mayBeThere)
    if !wasComplete {
      await open.association.abort()
      ending = .associationOver
    }
    return ending
  }

  /// The destination takes nothing at the moment, which is not this instance's fault.
  private func pause(
    reason: String, message: String, trouble: DestinationHealth.Trouble
  ) async -> AttemptOutcome.Result {
    await HealthChanges(context: context).failed(destination, reason: "\(reason): \(message)", trouble: trouble)
    if claim.isTooOld(for: destination.peer.retry, now: context.clock.now()) { return .failed(reason: "tooOld") }
    return .retry(notBefore: behindTheOthers, reason: reason, counted: false)
  }

  private func isAnswerToThis(_ response: CommandSet) -> Bool {
    response.affectedSOPInstanceUID.map { $0 == claim.sop.instanceUID } ?? true
  }

  /// What the refusal of every context means: the class is not wanted, no transfer syntax is, or another time.
  private func refusal(_ results: [ContextResult.Result]) -> AttemptOutcome.Result {
    if results.contains(.abstractSyntaxNotSupported) { return permanent("sopClassNotSupported") }
    guard let other = results.first(where: { $0 != .transferSyntaxesNotSupported }) else {
      return permanent("transferSyntaxNotAccepted")
    }
    return retry(reason: "presentation context refused (result \(other.rawValue))")
  }

  /// What will not be different next time fails; where the destination is to be held for it, everything of this class
  /// waits for an operator instead.
  private func permanent(_ reason: String) -> AttemptOutcome.Result {
    guard let cause = ClassHold(rawValue: reason), destination.peer.holdOn.contains(cause) else {
      return .failed(reason: reason)
    }
    destination.classHolds.note(cause, of: claim)
    return .held(reason: reason)
  }

  private func words(_ offered: [UID], _ results: [ContextResult.Result]) -> String {
    let names = offered.map { "\(TransferSyntax($0))" }.joined(separator: ", ")
    let answers = results.map { "\($0.rawValue)" }.joined(separator: ", ")
    return "stored as \(TransferSyntax(claim.transferSyntax)); offered \(names), refused with result \(answers)"
  }

  /// The file is damaged or unreadable, or cannot be re-encoded: it never leaves whole, the association is gone with
  /// its last fragment unsent.
  private func failedToRead(_ error: any Error, startedAt: Timestamp, over open: DeliveryAssociation) async -> Ending {
    if let error = error as? RecodingError {
      let names = "stored as \(TransferSyntax(claim.transferSyntax)), wanted otherwise"
      record(
        .failed(reason: "cannotBeReencoded"), startedAt: startedAt, over: open, message: "\(names): \(error)")
      return .associationOver
    }
    if let error = error as? EditingError {
      record(.failed(reason: "cannotBeEdited"), startedAt: startedAt, over: open, message: "\(error)")
      return .associationOver
    }
    if let error = error as? SpoolError, error.isLoss, !mayComeBack(error) {
      do {
        try await context.ledger.markDamaged(
          claim.instance, file: claim.file, reason: "\(error)", now: context.clock.now())
        context.wakeFollowers()
      } catch {
        context.logger.error("damage could not be recorded: \(error)", metadata: ["instance": "\(claim.instance)"])
      }
    }
    let counted = (error as? SpoolError).map(mayComeBack) ?? false
    record(
      retry(reason: "spool: \(error)", counted: counted), startedAt: startedAt, over: open, message: "\(error)")
    return .associationOver
  }

  /// Whether a file that cannot be read may be whole: a disk that fails to answer once, a path that is switched to
  /// another, must not condemn what waits on it. What stays unreadable is lost.
  private func mayComeBack(_ error: SpoolError) -> Bool {
    error.code == EIO && claim.doubtfulFailures < Self.mostUnreadable
  }

  /// So often a file is tried that cannot be read.
  private static let mostUnreadable = 4

  /// The association ended without an answer: the outcome is unknown, so the instance is sent again.
  private func lost(_ error: any Error, startedAt: Timestamp, over open: DeliveryAssociation) async -> Ending {
    if open.isProven, error.isEndByPeer {
      // It may have been about to end the association anyhow: a new one will tell.
      let again = AttemptOutcome.Result.retry(
        notBefore: context.clock.now(), reason: "no answer: \(error)", counted: false)
      record(again, startedAt: startedAt, over: open, message: "\(error)", mayBeThere: true)
      return .associationOver
    }
    var again = retry(reason: "no answer: \(error)")
    if !(error is CancellationError) {
      await HealthChanges(context: context).failed(destination, reason: "\(error)", trouble: .refusing)
      if case .retry(let notBefore, let reason, let counted) = again {
        again = .retry(notBefore: max(notBefore, behindTheOthers), reason: reason, counted: counted)
      }
    }
    record(again, startedAt: startedAt, over: open, message: "\(error)", mayBeThere: true)
    return .associationOver
  }

  /// A while after the destination is tried again: it may be this instance alone that it does not take, which must not
  /// be the one it is tried with each time while the others wait.
  private var behindTheOthers: Timestamp {
    let wait = destination.health.current.wait(at: context.clock.monotonic())
    return context.clock.now() + wait + destination.peer.retry.first
  }

  private func retry(reason: String, counted: Bool = false) -> AttemptOutcome.Result {
    if claim.isTooOld(for: destination.peer.retry, now: context.clock.now()) { return .failed(reason: "tooOld") }
    let failures = counted ? claim.doubtfulFailures + 1 : claim.key.attempt
    let wait = destination.peer.retry.wait(afterFailures: failures, jitter: Double.random(in: 0...1))
    return .retry(notBefore: context.clock.now() + wait, reason: reason, counted: counted)
  }

  private func record(
    _ result: AttemptOutcome.Result, startedAt: Timestamp, over open: DeliveryAssociation, status: UInt16? = nil,
    message: String? = nil, mayBeThere: Bool = false
  ) {
    if case .stored = result {
      context.logger.debug("stored", metadata: ["delivery": "\(claim.key.delivery)", "peer": "\(destination.name)"])
    } else {
      context.logger.warning(
        "not stored: \(message ?? "\(result)")",
        metadata: ["delivery": "\(claim.key.delivery)", "instance": "\(claim.instance)", "peer": "\(destination.name)"])
    }
    context.outcomes.record(
      [
        AttemptOutcome(
          key: claim.key, result: result, startedAt: startedAt, association: open.association.id, status: status,
          message: message, transferSyntax: open.answer(to: claim).transferSyntax, mayBeThere: mayBeThere)
      ], of: destination)
  }
}

extension ContextResult.Result {
  /// Whether the peer would say the same of this context alone (PS3.8 Table 9-18).
  fileprivate var isLasting: Bool { self == .abstractSyntaxNotSupported || self == .transferSyntaxesNotSupported }
}

extension Error {
  /// Whether the peer ended the association, by abort or by closing the connection.
  fileprivate var isEndByPeer: Bool {
    switch self as? AssociationError {
    case .closed, .hadEnded, .aborted(_, byPeer: true): true
    default: false
    }
  }
}
