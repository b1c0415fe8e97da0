import DICOMProtocol
import NIOCore

/// Our request that has no response yet; there is at most one (PS3.7 §D.3.3.3, asynchronous operations not negotiated).
struct Invocation {
  /// With the Message ID it went out with.
  let command: CommandSet
  let timeout: TimeAmount
  let reply: EventLoopPromise<Association.Reply>
  /// Gets each pending response; returns whether it can take more. Nil where there are none.
  var pending: (@Sendable (IncomingMessage) -> Bool)?
  /// What is read ahead once this is in the socket. If it is not sent next on this association, it was read in vain.
  var upcoming: UpcomingDataSet?
  /// Nil for a request without a data set.
  var sender: DataSetSender?
  /// Whether the last fragment is in the socket.
  var isSent = false

  /// Whether `response` is one of several, and not the last (PS3.7 §9.1.2.2).
  func expectsMore(after response: CommandSet) -> Bool {
    pending != nil && isSent && response.statusCode?.category == .pending
  }

  /// Whether `response` answers this request.
  func isAnswered(by response: CommandSet) -> Bool {
    response.field == command.field.response && response.messageIDBeingRespondedTo == command.messageID
  }
}
