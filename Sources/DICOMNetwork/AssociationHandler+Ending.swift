import DICOMProtocol
import NIOCore

/// How an association ends for its user, and its connection after it.
extension AssociationHandler {
  /// Tells everybody who waits, once. Nil is an end in order.
  func end(_ error: AssociationError?) {
    guard !isEnded else { return }
    isEnded = true
    failure = error
    waits.stopAll()
    values = []
    endIntake()
    endInvocation()
    sendBuffers = []
    failOpening()
    for (_, promise) in deferred { promise?.fail(error ?? .closed) }
    deferred = []
    requests?.finish(throwing: error)
    requests = nil
    association = nil
  }

  private func endIntake() {
    intake?.abandon()
    intake = nil
    isHeld = false
    if isReadDue { context?.read() }
    isReadDue = false
  }

  private func endInvocation() {
    invocation?.sender?.stop()
    invocation?.reply.fail(failure ?? .closed)
    invocation = nil
    prepared?.sender.stop()
    prepared = nil
  }

  /// Has no effect on a promise that was kept.
  private func failOpening() {
    switch opening {
    case .asAcceptor(let promise): promise.fail(failure ?? .closed)
    case .asRequestor(_, let promise): promise.fail(failure ?? .closed)
    case nil: break
    }
    opening = nil
  }

  /// AA-1, AA-8: sends A-ABORT, and closes a moment later unless the peer does before.
  func conclude(with abort: Abort, _ error: AssociationError?) {
    end(error)
    pdus.clear()
    write(.abort(abort))
    start(.artim, timeouts.linger)
  }

  /// AE-4, AR-3, AA-2, AA-3: closes at once.
  func disconnect(_ error: AssociationError?) {
    end(error)
    acknowledgement = nil
    context?.close(promise: nil)
  }
}
