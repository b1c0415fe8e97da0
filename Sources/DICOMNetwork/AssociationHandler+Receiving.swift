import DICOMProtocol
import Logging
import NIOCore

/// From PDUs to events, and what the machine says to them (PS3.8 §9.2).
extension AssociationHandler {
  /// Takes what has arrived, as long as the receiver wants more and the association is not over.
  func consume() {
    do {
      while !isHeld, !isOver {
        if let value = values.popLast() {
          try receive(value)
        } else if let pdu = try pdus.next() {
          try receive(pdu)
        } else {
          return
        }
      }
    } catch {
      violated(error)
    }
  }

  /// In Sta13 what arrives is ignored (AA-6), also what AA-7 would answer: a flood of errors gets one A-ABORT.
  var isOver: Bool { machine.state == .sta13 || machine.state == .sta1 }

  private func receive(_ pdu: PDU) throws(PDUError) {
    if pdu == .releaseRequest, messages.isInsideMessage {
      throw PDUError(abort: .unexpectedPDU, text: "A-RELEASE-RQ inside a message")
    }
    switch (machine.handle(.init(receiving: pdu)), pdu) {
    case (.ae6, .associateRequest(let request)): indicate(request)
    case (.ae3, .associateAccept(let accept)): try confirm(accept)
    case (.ae4, .associateReject(let reject)): disconnect(.rejected(reject))
    case (.dt2, .data(let values)), (.ar6, .data(let values)): self.values = values.reversed()
    case (.ar2, _): releaseIndicated()
    case (.ar3, _): disconnect(nil)
    case (.ar8, _): if machine.state == .sta9 { respondToRelease() }
    case (.ar10, _): respondToRelease()
    case (.aa3, .abort(let abort)): disconnect(.aborted(abort, byPeer: true))
    case (.aa2, _): disconnect(.closed)
    case (.aa1, _), (.aa8, _): conclude(with: .unexpectedPDU, .violated("unexpected \(pdu.name)"))
    default: break
    }
  }

  /// Event 19; a first byte that is none of DICOM's is not worth an answer.
  func violated(_ error: PDUError) {
    let isForeign = machine.state == .sta2 && error.abort == .unrecognizedPDU
    guard let action = machine.handle(.receivedInvalidPDU), action == .aa1 || action == .aa8 else { return }
    logger.info("protocol violated by the peer: \(error.text)")
    if isForeign { return disconnect(.violated(error.text)) }
    conclude(with: error.abort, .violated(error.text))
  }

  /// AE-6: whether it is acceptable is for the service to judge.
  private func indicate(_ request: AssociateRequest) {
    waits.stop(.artim)
    if case .asAcceptor(let promise) = opening { promise.succeed(request) }
  }

  /// AE-3.
  private func confirm(_ accept: AssociateAccept) throws(PDUError) {
    guard case .asRequestor(let proposal, let promise) = opening else { return }
    waits.stop(.answer)
    let outcome = try proposal.judge(accept)
    promise.succeed(establish(Agreement(proposal, outcome: outcome, accept: accept)))
  }

  /// AR-2: a request in the user's hands is still answered (AR-7).
  private func releaseIndicated() {
    if invocation?.isSent == false { return abort(.serviceUser) }
    if unanswered.isEmpty { return respondToRelease() }
    // Nobody may be there to answer: then the peer is not kept waiting for ever.
    if service == nil { start(.release, timeouts.artim) }
  }

  /// AR-4 or AR-9.
  func respondToRelease() {
    let action = machine.handle(.localReleaseResponse)
    write(.releaseResponse)
    end(nil)
    guard action == .ar4 else { return start(.release, timeouts.artim) }
    pdus.clear()
    start(.artim, timeouts.artim)
  }

  /// The connection is up: AE-2 or AE-5.
  func connected(_ context: ChannelHandlerContext) {
    guard machine.state == .sta1 else { return }
    acknowledgement = QuickAcknowledgement(context.pipeline.syncOperations)
    remote = RemoteEndpoint(context.remoteAddress)
    switch opening {
    case .asAcceptor:
      _ = machine.handle(.transportIndicated)
      start(.artim, timeouts.artim)
      if isDraining { disconnect(.closed) }
    case .asRequestor(let proposal, _):
      _ = machine.handle(.localAssociateRequest)
      _ = machine.handle(.transportConfirmed)
      write(.associateRequest(proposal.request))
      start(.answer, answerTimeout)
    case nil: break
    }
  }

  /// The connection is gone: AA-4, AA-5 or AR-5. With nothing open that is as good as a release.
  func disconnected() {
    _ = machine.handle(.transportClosed)
    let isQuiet = association != nil && isQuiet && !pdus.hasUnread
    end(isQuiet ? nil : .closed)
    disarm()
    releasePromise?.succeed()
    releasePromise = nil
  }
}
