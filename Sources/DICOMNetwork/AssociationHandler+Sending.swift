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
    let command = encode(request, on: contextID)
    guard let dataSet else {
      return write(command).assumeIsolated().whenSuccess { self.transmitted() }
    }
    let sender = takePrepared(dataSet, on: contextID) ?? sender(of: dataSet, at: pace, on: contextID)
    invocation?.sender = sender
    sender?.start(after: command, at: pace)
  }

  /// What was read ahead, if it is this; else it was read in vain.
  private func takePrepared(_ dataSet: OutgoingDataSet, on contextID: UInt8) -> DataSetSender? {
    guard let (upcoming, sender) = prepared else { return nil }
    prepared = nil
    if case .source(let source) = dataSet, source === upcoming.source, contextID == upcoming.context { return sender }
    sender.stop()
    return nil
  }

  /// Nil without a connection.
  private func sender(of dataSet: OutgoingDataSet, at pace: (any SendingPace)?, on contextID: UInt8) -> DataSetSender? {
    guard let context else { return nil }
    let content = OutgoingContent(dataSet)
    defer { sendBuffers = [] }
    return DataSetSender(
      buffers: sendBuffers,
      layout: FragmentLayout(
        contextID: contextID, fragmentSize: fragmentSize, length: content.length,
        writeSize: pace?.writeSize ?? FragmentLayout.writeSize),
      content: content, pool: pool, eventLoop: context.eventLoop, write: { self.write($0, after: $1) },
      finish: { self.transmitted($0) })
  }

  private func prepare(_ upcoming: UpcomingDataSet) {
    guard let sender = sender(of: .source(upcoming.source), at: nil, on: upcoming.context) else { return }
    prepared = (upcoming, sender)
    sender.prepare()
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
    if let upcoming = invocation?.upcoming { prepare(upcoming) }
  }

  /// Writes and flushes, `first` in the same write. The future ends when the bytes are in the socket.
  func write(_ bytes: ByteBuffer, after first: ByteBuffer? = nil) -> EventLoopFuture<Void> {
    guard let context else { preconditionFailure("nothing is written without a connection") }
    let promise = context.eventLoop.makePromise(of: Void.self)
    pendingWrites += 1
    promise.futureResult.assumeIsolated().whenComplete { _ in self.wrote() }
    if let first { context.write(wrapOutboundOut(first), promise: nil) }
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
