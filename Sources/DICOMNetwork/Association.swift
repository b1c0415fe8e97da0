public import DICOM
public import DICOMProtocol
import NIOCore

/// An established association (PS3.8 §7). Safe to use from any task.
///
/// Cancelling a task that waits in one of its methods aborts it at once. Every association must be ended: with
/// ``release(timeout:)`` or ``abort(_:)``, or by the peer.
public final class Association: Sendable {
  /// Names it in logs, for example `a-4711`.
  public let id: String
  /// Who opened it: we as requestor, or the peer.
  public let role: AssociationStateMachine.Role
  public let callingAE: AETitle
  public let calledAE: AETitle
  public let remote: RemoteEndpoint
  /// The accepted presentation contexts by their identifiers.
  public let contexts: [UInt8: AcceptedContext]
  /// The refused ones, with the acceptor's result.
  public let refused: [UInt8: ContextResult.Result]
  /// What the peer agreed to or proposed with 56H, by SOP class.
  public let extendedNegotiations: [UID: [UInt8]]
  /// The software on the other side as it names itself (52H, 55H): a fingerprint, no identity.
  public let peerImplementation: (classUID: UID?, versionName: String?)

  private let eventLoop: any EventLoop
  private let handler: NIOLoopBound<AssociationHandler>
  private let requests: AsyncThrowingStream<IncomingMessage, any Error>

  init(
    _ agreement: Agreement, id: String, role: AssociationStateMachine.Role, remote: RemoteEndpoint,
    handler: NIOLoopBound<AssociationHandler>, eventLoop: any EventLoop,
    requests: AsyncThrowingStream<IncomingMessage, any Error>
  ) {
    self.id = id
    self.role = role
    self.remote = remote
    callingAE = agreement.callingAE
    calledAE = agreement.calledAE
    contexts = agreement.contexts
    refused = agreement.refused
    extendedNegotiations = Dictionary(
      agreement.peer.extendedNegotiations.map { ($0.sopClass, $0.information) }, uniquingKeysWith: { first, _ in first }
    )
    peerImplementation = (agreement.peer.implementationClassUID, agreement.peer.implementationVersionName)
    self.handler = handler
    self.eventLoop = eventLoop
    self.requests = requests
  }

  /// The response to a request.
  public struct Reply: Sendable {
    public var command: CommandSet
    /// False when the peer answered before it had the whole data set. The association has been aborted then.
    public var dataSetWasComplete: Bool
  }

  /// The next request of the peer; for one consumer.
  ///
  /// - Returns: nil when the association ended in order: by release, or by a TCP close with nothing open or unanswered.
  /// - Throws: ``AssociationError`` when it ended otherwise.
  public func nextRequest() async throws -> IncomingMessage? {
    var iterator = requests.makeAsyncIterator()
    let request = try await iterator.next(isolation: #isolation)
    guard !Task.isCancelled else {
      await abort()
      throw CancellationError()
    }
    return request
  }

  /// Answers a request of the peer; returns when the response is in the socket.
  public func respond(_ response: CommandSet, on context: UInt8) async throws {
    try await perform { handler, promise in handler.respond(response, on: context, promise: promise) }
  }

  /// Sends a request and waits for its response; one at a time. The association sets the Message ID.
  ///
  /// - Parameters:
  ///   - pace: how fast the data set leaves; nil as fast as it can.
  ///   - timeout: for the response, from the last fragment on.
  ///   - upcoming: what is going to be sent next on this association: its first bytes are read in the meantime.
  /// - Throws: ``AssociationError``; the association is unusable then. The outcome at the peer is unknown, unless the
  ///   presentation context was not accepted.
  public func send(
    _ request: CommandSet, dataSet: OutgoingDataSet? = nil, at pace: (any SendingPace)? = nil, on context: UInt8,
    timeout: Duration, before upcoming: UpcomingDataSet? = nil
  ) async throws -> Reply {
    try await perform { handler, promise in
      handler.send(
        request, dataSet: dataSet, at: pace, on: context, timeout: TimeAmount(timeout), upcoming: upcoming,
        promise: promise)
    }
  }

  /// Sends a request that may have several responses (PS3.7 §9.1.2), and waits for the last; one at a time.
  ///
  /// - Parameters:
  ///   - timeout: for each response, from the last fragment or the response before on.
  ///   - pending: gets each pending response, on the association's event loop; false aborts the association.
  /// - Throws: ``AssociationError``; the association is unusable then.
  public func find(
    _ request: CommandSet, identifier: OutgoingDataSet, on context: UInt8, timeout: Duration,
    pending: @escaping @Sendable (IncomingMessage) -> Bool
  ) async throws -> Reply {
    try await perform { handler, promise in
      handler.send(
        request, dataSet: identifier, at: nil, on: context, timeout: TimeAmount(timeout), pending: pending,
        promise: promise)
    }
  }

  /// Ends the association in order (PS3.8 §7.2); aborts when that is not possible or takes too long.
  public func release(timeout: Duration = .seconds(10)) async {
    try? await perform { handler, promise in handler.release(timeout: TimeAmount(timeout), promise: promise) }
  }

  /// Ends the association at once (PS3.8 §7.3); does nothing when it has ended.
  public func abort(_ abort: Abort = .serviceUser) async {
    try? await perform { handler, promise in
      handler.abort(abort)
      promise.succeed()
    }
  }

  /// Runs `body` on the event loop and waits for its promise; cancellation aborts the association.
  private func perform<Value: Sendable>(
    _ body: @escaping @Sendable (AssociationHandler, EventLoopPromise<Value>) -> Void
  ) async throws -> Value {
    let promise = eventLoop.makePromise(of: Value.self)
    return try await withTaskCancellationHandler {
      eventLoop.execute { [handler] in body(handler.value, promise) }
      return try await promise.futureResult.get()
    } onCancel: {
      eventLoop.execute { [handler] in handler.value.abort(.serviceUser) }
    }
  }
}
