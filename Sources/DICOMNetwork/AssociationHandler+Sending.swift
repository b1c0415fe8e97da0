import DICOMProtocol
import NIOCore

/// Everything that leaves.
extension AssociationHandler {
  /// The largest length field that we write, however much the peer takes.
  static let maximumLength = 1 << 20

  /// A PDU other than P-DATA-TF.
  func write(_ pdu: PDU) {
    var bytes = ByteBuffer()
    pdu.encode(into: &bytes)
    _ = write(bytes)
  }

  /// A message without a data set. While our data set is on its way it waits for the end of it.
  func write(_ command: CommandSet, on contextID: UInt8, promise: EventLoopPromise<Void>?) {
    let bytes = encode(command, on: contextID)
    if let invocation, !invocation.isSent { return deferred.append((bytes, promise)) }
    write(bytes).cascade(to: promise)
  }

  /// A request: its command set, and with it or after it its data set.
  func transmit(
    _ request: CommandSet, _ dataSet: OutgoingDataSet?, at pace: (any SendingPace)?, on contextID: UInt8
  ) {
    guard let context else { return }
    let command = encode(request, on: contextID)
    guard let dataSet else {
      return write(command).assumeIsolated().whenSuccess { self.transmitted() }
    }
    let content = OutgoingContent(dataSet)
    let sender = DataSetSender(
      command: command, buffers: sendBuffers,
      layout: FragmentLayout(
        contextID: contextID, fragmentSize: fragmentSize, length: content.length,
        writeSize: pace?.writeSize ?? FragmentLayout.writeSize),
      content: content, pace: pace, pool: pool, eventLoop: context.eventLoop, write: { self.write($0) },
      finish: { self.transmitted($0) })
    invocation?.sender = sender
    sendBuffers = []
    sender.start()
  }

  private func transmitted(_ result: Result<Void, any Error>) {
    switch result {
    case .success: transmitted()
    case .failure(let error as AssociationError): abort(.serviceUser, because: error)
    case .failure: disconnect(.closed)
    }
  }

  /// The last fragment is in the socket; now the response is awaited.
  private func transmitted() {
    guard let timeout = invocation?.timeout else { return }
    invocation?.isSent = true
    sendBuffers = invocation?.sender?.free ?? sendBuffers
    invocation?.sender = nil
    acknowledgement?.arm()
    for (bytes, promise) in deferred { write(bytes).cascade(to: promise) }
    deferred = []
    start(.response, timeout)
  }

  /// Writes and flushes. The future ends when the bytes are in the socket.
  func write(_ bytes: ByteBuffer) -> EventLoopFuture<Void> {
    guard let context else { preconditionFailure("nothing is written without a connection") }
    let promise = context.eventLoop.makePromise(of: Void.self)
    pendingWrites += 1
    promise.futureResult.assumeIsolated().whenComplete { _ in self.wrote() }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
    if pendingWrites > 0, !waits.isRunning(.write) { startWriteWait() }
    return promise.futureResult
  }

  private func wrote() {
    pendingWrites -= 1
    waits.stop(.write)
    if pendingWrites > 0 { startWriteWait() }
  }

  private func encode(_ command: CommandSet, on contextID: UInt8) -> ByteBuffer {
    var left = command.encoded()
    var bytes = ByteBuffer()
    while let fragment = left.readSlice(length: min(fragmentSize, left.readableBytes)), fragment.readableBytes > 0 {
      let isLast = left.readableBytes == 0
      PDU.data([PDV(contextID: contextID, isCommand: true, isLast: isLast, fragment: fragment)]).encode(into: &bytes)
    }
    return bytes
  }

  private var fragmentSize: Int {
    PDataHeader.fragmentLimit(peerMaximum: agreement?.peer.effectiveMaximumLength ?? 0, cap: Self.maximumLength)
  }
}
