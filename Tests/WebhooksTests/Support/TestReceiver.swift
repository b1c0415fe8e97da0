import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A receiver on a free port of loopback that answers as a test says and keeps what it was sent.
final class TestReceiver: Sendable {
  /// What it does with a request.
  enum Answer: Sendable {
    case status(Int, headers: [(String, String)] = [], body: [UInt8] = [])
    /// Never answers.
    case hang
    /// Sends a good head and a part of the body, then resets the connection.
    case resetInBody
  }

  struct Request: Sendable {
    var head: HTTPRequestHead
    var body: [UInt8]
  }

  let port: Int
  /// Every complete request, in order of arrival.
  let requests: AsyncStream<Request>
  private let log: NIOLockedValueBox<[Request]>
  private let channel: any Channel

  var url: String { "http://127.0.0.1:\(port)/hook" }
  /// What has arrived so far.
  var received: [Request] { log.withLockedValue { $0 } }

  private init(_ channel: any Channel, requests: AsyncStream<Request>, log: NIOLockedValueBox<[Request]>) {
    self.channel = channel
    self.requests = requests
    self.log = log
    self.port = channel.localAddress?.port ?? 0
  }

  /// Runs `body` with a receiver that answers its n-th request, from 0, with `answer(n)`.
  static func with<Value>(
    tls: NIOSSLContext? = nil, answer: @escaping @Sendable (Int) -> Answer = { _ in .status(200) },
    _ body: (TestReceiver) async throws -> Value
  ) async throws -> Value {
    let (requests, arrivals) = AsyncStream.makeStream(of: Request.self)
    let log = NIOLockedValueBox<[Request]>([])
    let take: @Sendable (Request) -> Answer = { request in
      let count = log.withLockedValue { log in
        log.append(request)
        return log.count
      }
      arrivals.yield(request)
      return answer(count - 1)
    }
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
          try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
          try pipeline.addHandler(AnswerHandler(take: take))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let receiver = TestReceiver(channel, requests: requests, log: log)
    do {
      let value = try await body(receiver)
      try await channel.close()
      return value
    } catch {
      try? await channel.close()
      throw error
    }
  }

  /// Waits for the next `count` requests.
  func next(_ count: Int) async -> [Request] {
    var taken: [Request] = []
    for await request in requests {
      taken.append(request)
      if taken.count == count { break }
    }
    return taken
  }
}

/// Collects a request and carries out the answer.
private final class AnswerHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let take: @Sendable (TestReceiver.Request) -> TestReceiver.Answer
  private var head: HTTPRequestHead?
  private var body: [UInt8] = []

  init(take: @escaping @Sendable (TestReceiver.Request) -> TestReceiver.Answer) { self.take = take }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body = []
    case .body(let buffer):
      body += Array(buffer.readableBytesView)
    case .end:
      guard let head else { return }
      carryOut(take(TestReceiver.Request(head: head, body: body)), context)
    }
  }

  private func carryOut(_ answer: TestReceiver.Answer, _ context: ChannelHandlerContext) {
    switch answer {
    case .hang: break
    case .status(let code, let headers, let body):
      write(code, headers, body, length: body.count, context)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    case .resetInBody:
      write(200, [], Array("half".utf8), length: 100, context)
      context.flush()
      // Closing without lingering sends a reset instead of a regular end.
      let channel = context.channel
      let noLinger = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
      noLinger?.whenComplete { _ in channel.close(promise: nil) }
    }
  }

  private func write(
    _ code: Int, _ headers: [(String, String)], _ body: [UInt8], length: Int, _ context: ChannelHandlerContext
  ) {
    let all = HTTPHeaders(headers + [("content-length", String(length))])
    let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: code), headers: all)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
