import DICOM
import DICOMProtocol
import Logging
import NIOCore

/// What the user of an association asks for.
extension AssociationHandler {
  /// Whether no message is open, in either direction, and nothing is unanswered.
  var isQuiet: Bool { !messages.isInsideMessage && unanswered.isEmpty && invocation == nil && values.isEmpty }

  /// AE-7 or AE-8: answers the A-ASSOCIATE-RQ.
  func answer(_ request: AssociateRequest, with verdict: AssociationVerdict) -> Association? {
    switch verdict {
    case .accept(let policy): return accept(request, policy)
    case .reject(let reject, let reason):
      refuse(request, reject, reason)
      return nil
    }
  }

  private func accept(_ request: AssociateRequest, _ policy: AcceptorPolicy) -> Association? {
    if let reject = policy.rejection(of: request) {
      refuse(request, reject, "request not acceptable")
      return nil
    }
    guard machine.handle(.localAccept) == .ae7 else { return nil }
    let answer = policy.answer(request)
    pdus.maximumLength = policy.maximumLength
    write(.associateAccept(answer.accept))
    let association = establish(Agreement(request, answered: answer))
    settle()
    return association
  }

  private func refuse(_ request: AssociateRequest, _ reject: AssociateReject, _ reason: String) {
    logger.debug(
      "association rejected: \(reason)",
      metadata: ["callingAE": "\(request.callingAE.rawValue.debugDescription)", "reject": "\(reject.explanation)"])
    self.reject(reject)
  }

  private func reject(_ reject: AssociateReject) {
    guard machine.handle(.localReject) == .ae8 else { return }
    write(.associateReject(reject))
    end(.rejected(reject))
    pdus.clear()
    start(.artim, timeouts.artim)
  }

  func establish(_ agreement: Agreement) -> Association {
    let (stream, continuation) = AsyncThrowingStream.makeStream(of: IncomingMessage.self)
    guard let context else { preconditionFailure("an association is established on a connection") }
    let association = Association(
      agreement, id: id, role: machine.role, remote: remote,
      handler: NIOLoopBound(self, eventLoop: context.eventLoop), eventLoop: context.eventLoop, requests: stream)
    self.agreement = agreement
    self.association = association
    requests = continuation
    messages = MessageAssembler(contexts: Set(agreement.contexts.keys))
    return association
  }

  /// DT-1 or AR-7: a response.
  func respond(_ response: CommandSet, on contextID: UInt8, promise: EventLoopPromise<Void>) {
    guard !isEnded, let action = machine.handle(.localData), action == .dt1 || action == .ar7 else {
      return promise.fail(failure ?? .closed)
    }
    if let index = unanswered.firstIndex(of: response.messageIDBeingRespondedTo) { unanswered.remove(at: index) }
    write(response, on: contextID, promise: promise)
    settle()
  }

  /// DT-1: a request.
  func send(
    _ request: CommandSet, dataSet: OutgoingDataSet?, at pace: (any SendingPace)?, on contextID: UInt8,
    timeout: TimeAmount, upcoming: UpcomingDataSet? = nil, pending: (@Sendable (IncomingMessage) -> Bool)? = nil,
    promise: EventLoopPromise<Association.Reply>
  ) {
    precondition(invocation == nil, "one request at a time")
    guard let agreement, !isEnded, machine.state == .sta6, machine.handle(.localData) == .dt1 else {
      // The peer may be waiting to be released with a request of its own unanswered.
      if !isEnded { abort(.serviceUser) }
      return promise.fail(AssociationError.hadEnded)
    }
    guard agreement.contexts[contextID] != nil else {
      return promise.fail(AssociationError.contextNotAccepted(contextID))
    }
    var request = request
    request.messageID = nextMessageID()
    request.hasDataSet = dataSet != nil
    invocation = Invocation(command: request, timeout: timeout, reply: promise, pending: pending, upcoming: upcoming)
    waits.stop(.idle)
    transmit(request, dataSet, at: pace, on: contextID)
  }

  /// AR-1. The promise ends when the connection has.
  func release(timeout: TimeAmount, promise: EventLoopPromise<Void>) {
    guard !isEnded else { return promise.succeed() }
    guard invocation == nil, machine.handle(.localReleaseRequest) == .ar1 else {
      abort(.serviceUser)
      return promise.succeed()
    }
    releasePromise = promise
    write(.releaseRequest)
    waits.stop(.idle)
    start(.release, timeout)
  }

  /// AA-1.
  func abort(_ abort: Abort, because error: AssociationError? = nil) {
    guard machine.handle(.localAbort) == .aa1 else { return }
    conclude(with: abort, error ?? .aborted(abort, byPeer: false))
  }

  /// Takes no more than what is being done.
  func drain() {
    isDraining = true
    switch machine.state {
    case .sta2: disconnect(.closed)
    case .sta3: reject(.temporaryCongestion)
    default: settle()
    }
  }

  /// After something was finished: goes on with a release or the end of service, or waits for the next message.
  func settle() {
    if machine.state == .sta8, unanswered.isEmpty { return respondToRelease() }
    guard machine.state == .sta6, isQuiet else { return }
    if isDraining, !pdus.hasUnread, machine.handle(.localAbort) == .aa1 { return conclude(with: .serviceUser, nil) }
    start(.idle, timeouts.idle)
  }

  /// 1 to 65535, again and again.
  private func nextMessageID() -> UInt16 {
    lastMessageID = lastMessageID == .max ? 1 : lastMessageID + 1
    return lastMessageID
  }
}
