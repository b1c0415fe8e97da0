import DICOMProtocol
import NIOCore

/// A connection whose A-ASSOCIATE-RQ has come and waits for its answer.
struct IncomingAssociation: Sendable {
  let request: AssociateRequest
  let remote: RemoteEndpoint
  let admission: AssociationSlots.Admission
  /// Where it is served.
  let executor: EventLoopExecutor
  private let handler: NIOLoopBound<AssociationHandler>
  private let eventLoop: any EventLoop

  /// To be called on the event loop.
  init(
    _ request: AssociateRequest, admission: AssociationSlots.Admission, handler: AssociationHandler,
    eventLoop: any EventLoop
  ) {
    self.request = request
    self.admission = admission
    remote = handler.remote
    self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    self.eventLoop = eventLoop
    executor = EventLoopExecutor(eventLoop)
  }

  /// Sends the answer; nil when there is no association then.
  func answer(with verdict: AssociationVerdict) async -> Association? {
    let answered = eventLoop.submit { handler.value.answer(request, with: verdict) }
    return try? await answered.get()
  }
}
