import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A receiver that knows no HTTP: to whatever comes it plays a script, byte by byte if need be.
final class RawReceiver: Sendable {
  enum Step: Sendable {
    case send(String)
    /// Sends this again and again, with a pause between, until the other side is gone.
    case repeatedly(String, every: TimeAmount)
    case close
    case reset
  }

  /// When the script begins.
  enum Start: Sendable { case atOnce, whenSomethingComes }

  let port: Int
  private let connections: NIOLockedValueBox<Int>

  /// How many connections there were.
  var count: Int { connections.withLockedValue { $0 } }

  private init(port: Int, connections: NIOLockedValueBox<Int>) {
    self.port = port
    self.connections = connections
  }

  static func with<Value>(
    _ steps: [Step], start: Start = .whenSomethingComes, _ body: (RawReceiver) async throws -> Value
  ) async throws -> Value {
    let connections = NIOLockedValueBox(0)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        connections.withLockedValue { $0 += 1 }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(ScriptHandler(steps, start))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let receiver = RawReceiver(port: channel.localAddress?.port ?? 0, connections: connections)
    do {
      let value = try await body(receiver)
      try await channel.close()
      return value
    } catch {
      try? await channel.close()
      throw error
    }
  }
}

private final class ScriptHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let steps: [RawReceiver.Step]
  private let start: RawReceiver.Start
  private var hasStarted = false

  init(_ steps: [RawReceiver.Step], _ start: RawReceiver.Start) {
    self.steps = steps
    self.start = start
  }

  func channelActive(context: ChannelHandlerContext) {
    if start == .atOnce { play(context) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !hasStarted { play(context) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func play(_ context: ChannelHandlerContext) {
    hasStarted = true
    for step in steps {
      switch step {
      case .send(let text): context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
      case .repeatedly(let text, let pause): go(on: context, text, every: pause)
      case .close: context.close(promise: nil)
      case .reset:
        let channel = context.channel
        let noLinger = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        noLinger?.whenComplete { _ in channel.close(promise: nil) }
      }
    }
  }

  private func go(on context: ChannelHandlerContext, _ text: String, every pause: TimeAmount) {
    let channel = context.channel
    channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: pause) { task in
      guard channel.isActive else { return task.cancel() }
      if channel.isWritable { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
    }
  }
}
