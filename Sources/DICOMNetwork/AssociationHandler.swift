import DICOMProtocol
import Logging
import NIOCore
import NIOPosix

/// One association on one connection, on its event loop.
///
/// Bytes become PDUs (``PDUStream``), PDUs become events, the state machine says what to do, and this does it.
final class AssociationHandler: ChannelInboundHandler, ChannelOutboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Who waits for the association to be opened.
  enum Opening {
    case asAcceptor(EventLoopPromise<AssociateRequest>)
    case asRequestor(Proposal, EventLoopPromise<Association>)
  }

  let id: String
  /// Nil when the association has ended: the promise of the requestor holds the association, which holds this.
  var opening: Opening?
  let service: (any AssociationService)?
  let timeouts: AssociationTimeouts
  /// For A-ASSOCIATE-AC or -RJ, as requestor.
  let answerTimeout: TimeAmount
  /// See ``ListenerLimits/drained``.
  let drainLimit: Int
  let pool: NIOThreadPool
  let logger: Logger

  var machine: AssociationStateMachine
  var pdus: PDUStream
  var messages = MessageAssembler(contexts: [])
  /// Fragments of the last PDU that are still to be taken, in reverse order.
  var values: [PDV] = []
  var intake: Intake?
  /// Counts messages, so that a late `resume` of one does not concern the next.
  var intakeNumber = 0
  /// Whether the receiver holds the socket.
  var isHeld = false
  /// A read that is held back meanwhile.
  var isReadDue = false

  /// The Message IDs of requests that the user has and has not answered.
  var unanswered: [UInt16?] = []
  /// Requests refused because others were unanswered.
  var refusals = 0
  var invocation: Invocation?
  /// Those of the last data set that was sent, for the next.
  var sendBuffers: [DataSetSender.Buffer] = []
  /// What is read ahead, for the next request.
  var prepared: (dataSet: UpcomingDataSet, sender: DataSetSender)?
  var lastMessageID: UInt16 = 0
  /// Responses that wait for the end of our data set: messages are not interleaved (PS3.8 Annex E).
  var deferred: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
  var releasePromise: EventLoopPromise<Void>?

  var association: Association?
  var agreement: Agreement?
  var requests: AsyncThrowingStream<IncomingMessage, any Error>.Continuation?
  var isDraining = false
  /// Set when the association has ended for its user, in order or with `failure`; the connection may linger.
  var isEnded = false
  var failure: AssociationError?

  var waits = Waits()
  var alarm: (at: NIODeadline, task: Scheduled<Void>)?
  var bytesInWindow = 0
  var pendingWrites = 0
  var bufferedBytes = 0

  var context: ChannelHandlerContext?
  var remote = RemoteEndpoint(address: "", port: 0)
  var acknowledgement: QuickAcknowledgement?

  init(
    opening: Opening, service: (any AssociationService)?, timeouts: AssociationTimeouts,
    answerTimeout: Duration = .zero, drainLimit: Int = ListenerLimits().drained, pool: NIOThreadPool, logger: Logger
  ) {
    id = AssociationID.next()
    self.opening = opening
    self.service = service
    self.timeouts = timeouts
    self.answerTimeout = TimeAmount(answerTimeout)
    self.drainLimit = drainLimit
    self.pool = pool
    var logger = logger
    logger[metadataKey: "association"] = "\(id)"
    self.logger = logger
    switch opening {
    case .asAcceptor:
      machine = AssociationStateMachine(role: .acceptor)
      pdus = PDUStream(maximumLength: PDULimits().maximumLength)
    case .asRequestor(let proposal, _):
      machine = AssociationStateMachine(role: .requestor)
      pdus = PDUStream(maximumLength: proposal.request.userInformation.effectiveMaximumLength)
    }
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive { connected(context) }
  }

  /// A connection that is closed before it was active ends here.
  func handlerRemoved(context: ChannelHandlerContext) {
    end(.closed)
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    connected(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    acknowledgement = nil
    disconnected()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // AA-6: what comes after the end is not even kept.
    guard !isOver else { return }
    let bytes = unwrapInboundIn(data)
    bytesInWindow += bytes.readableBytes
    pdus.append(bytes)
    consume()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    acknowledgement?.arm()
    watchMessage()
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    guard !isHeld else { return isReadDue = true }
    context.read()
  }

  /// A connection that fails is closed; what that means is decided when it is.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    acknowledgement = nil
    context.close(promise: nil)
  }
}
