package import DICOMProtocol
package import NIOCore
import NIOPosix

/// A DICOM peer that does what a test says, PDU by PDU or byte by byte, right or wrong, over a plain socket.
package struct ScriptedPeer: Sendable {
  private let channel: any Channel
  private let received: AsyncThrowingStream<PDU, any Error>

  /// Connects to a listener on this machine.
  package static func connect(to port: Int) async throws -> ScriptedPeer {
    let (received, continuation) = AsyncThrowingStream.makeStream(of: PDU.self)
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(PDUCollector(continuation))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    return ScriptedPeer(channel: channel, received: received)
  }

  init(channel: any Channel, received: AsyncThrowingStream<PDU, any Error>) {
    self.channel = channel
    self.received = received
  }

  /// Sends a PDU as it should be.
  package func send(_ pdu: PDU) async throws {
    var bytes = ByteBuffer()
    pdu.encode(into: &bytes)
    try await send(bytes)
  }

  /// Sends bytes as they are.
  package func send(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }

  /// Sends bytes as they are.
  package func send(bytes: [UInt8]) async throws { try await send(ByteBuffer(bytes: bytes)) }

  /// Sends a message: its command set, and its data set in one fragment, each in a PDU of its own.
  package func send(_ command: CommandSet, dataSet: [UInt8]? = nil, on contextID: UInt8 = 1) async throws {
    let fragment = PDV(contextID: contextID, isCommand: true, isLast: true, fragment: command.encoded())
    try await send(.data([fragment]))
    guard let dataSet else { return }
    try await send(fragment: dataSet, isLast: true, on: contextID)
  }

  /// Sends one fragment of a data set.
  package func send(fragment: [UInt8], isLast: Bool, on contextID: UInt8 = 1) async throws {
    try await send(
      .data([PDV(contextID: contextID, isCommand: false, isLast: isLast, fragment: ByteBuffer(bytes: fragment))]))
  }

  /// The next PDU of the other side; nil when it has closed the connection. Throws when none comes for two minutes.
  package func next() async throws -> PDU? {
    try await patiently("a PDU") { [received] in
      var iterator = received.makeAsyncIterator()
      return try await iterator.next()
    }
  }

  /// The next PDU, which must be a P-DATA-TF with one whole command set.
  package func nextCommand() async throws -> CommandSet {
    guard case .data(let values)? = try await next(), let value = values.first, value.isCommand, value.isLast else {
      throw ScriptDeparture(expected: "a command set")
    }
    return try CommandSet(decoding: value.fragment)
  }

  /// Closes the connection, unless the other side has.
  package func close() async throws {
    channel.close(promise: nil)
    try await channel.closeFuture.get()
  }

  /// Leaves what arrives in the socket from now on.
  package func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

  /// Takes again what arrives.
  package func resumeReading() async throws { try await channel.setOption(.autoRead, value: true).get() }
}

/// Waits for `body`, at most five minutes, so that a script that got stuck says where instead of waiting for ever.
func patiently<Result: Sendable>(
  _ what: String, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: .seconds(300))
      throw ScriptDeparture(expected: what)
    }
    defer { group.cancelAll() }
    guard let result = try await group.next() else { throw ScriptDeparture(expected: what) }
    return result
  }
}

/// The other side did something that the script does not provide for.
package struct ScriptDeparture: Error {
  package let expected: String

  package init(expected: String) { self.expected = expected }
}

/// Makes a stream of PDUs of what arrives.
final class PDUCollector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let continuation: AsyncThrowingStream<PDU, any Error>.Continuation
  private var decoder = PDUDecoder(limits: PDULimits(maximumLength: 1 << 30))
  private var unread = ByteBuffer()

  private let stopsAtCommands: Bool

  init(_ continuation: AsyncThrowingStream<PDU, any Error>.Continuation, stopsAtCommands: Bool = false) {
    self.continuation = continuation
    self.stopsAtCommands = stopsAtCommands
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    unread.writeBuffer(&bytes)
    do {
      while let pdu = try decoder.next(from: &unread) {
        if stopsAtCommands, case .data(let values) = pdu, values.contains(where: \.isCommand) {
          try context.channel.syncOptions?.setOption(.autoRead, value: false)
        }
        continuation.yield(pdu)
      }
    } catch {
      continuation.finish(throwing: error)
    }
  }

  func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

  /// A reset ends the script as a close does.
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
