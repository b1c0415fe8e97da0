import DICOMProtocol
public import Logging
public import NIOCore
import NIOPosix

/// Accepts associations and has them served.
public struct AssociationListener: Sendable {
  private let host: String
  private let port: Int
  private let group: any EventLoopGroup
  private let service: any AssociationService
  private let logger: Logger
  private let limits: ListenerLimits
  private let connections: ListenerConnections

  /// - Parameters:
  ///   - host: the name or address to listen on, `0.0.0.0` or `::` for all.
  ///   - port: 0 for any free one.
  public init(
    host: String, port: Int, limits: ListenerLimits = ListenerLimits(), group: any EventLoopGroup,
    service: any AssociationService, logger: Logger
  ) {
    self.host = host
    self.port = port
    self.group = group
    self.service = service
    self.logger = logger
    self.limits = limits
    connections = ListenerConnections(limits: limits)
  }

  /// Serves until cancelled, which aborts all associations, or until drained.
  ///
  /// - Parameter bound: told the real port when connections are accepted.
  /// - Throws: when the address cannot be listened on.
  public func run(bound: @Sendable (Int) async -> Void = { _ in }) async throws {
    let (incoming, continuation) = AsyncStream.makeStream(of: IncomingAssociation.self)
    let server = try await bootstrap(continuation).bind(host: host, port: port).get()
    server.closeFuture.whenComplete { _ in continuation.finish() }
    connections.add(server: server)
    await withTaskCancellationHandler {
      await bound(server.localAddress?.port ?? port)
      await withDiscardingTaskGroup { group in
        for await association in incoming {
          group.addTask(executorPreference: association.executor) { await serve(association) }
        }
      }
    } onCancel: {
      drain()
    }
  }

  /// Accepts nothing more, ends idle associations, and the others when what they do is done. ``run(bound:)`` returns
  /// after the last.
  public func drain() { connections.drain() }

  /// Connections open now.
  public var openConnections: Int { connections.slots.open }

  private func serve(_ incoming: IncomingAssociation) async {
    guard let association = await incoming.answer(with: verdict(on: incoming)) else { return }
    await service.serve(association)
    await association.abort()
  }

  private func verdict(on incoming: IncomingAssociation) async -> AssociationVerdict {
    let isAdmitted =
      switch incoming.admission {
      case .free: true
      case .reserved: service.mayTakeReservedSlot(incoming.request, from: incoming.remote)
      case .full, .none: false
      }
    guard isAdmitted else { return .reject(.localLimitExceeded, "too many associations") }
    return await service.judge(incoming.request, from: incoming.remote)
  }

  private func bootstrap(_ incoming: AsyncStream<IncomingAssociation>.Continuation) -> ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: ReadOptions.messagesPerRead)
      .childChannelOption(.recvAllocator, value: ReadOptions.allocator)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try accept(channel, incoming) }
      }
  }

  /// A throw closes the connection unread.
  private func accept(_ channel: any Channel, _ incoming: AsyncStream<IncomingAssociation>.Continuation) throws {
    let address = RemoteEndpoint(channel.remoteAddress).address
    let admission = connections.slots.enter(address)
    guard admission != .none else {
      logger.info("connection dropped: too many", metadata: ["peer": "\(address)"])
      throw AssociationError.closed
    }
    let requested = channel.eventLoop.makePromise(of: AssociateRequest.self)
    let handler = AssociationHandler(
      opening: .asAcceptor(requested), service: service, timeouts: limits.timeouts, drainLimit: limits.drained,
      pool: .singleton, logger: logger)
    let number = connections.add(NIOLoopBound(handler, eventLoop: channel.eventLoop), on: channel.eventLoop)
    channel.closeFuture.whenComplete { _ in
      connections.remove(number)
      connections.slots.leave(address)
    }
    requested.futureResult.assumeIsolated().whenSuccess { request in
      incoming.yield(
        IncomingAssociation(request, admission: admission, handler: handler, eventLoop: channel.eventLoop))
    }
    try channel.pipeline.syncOperations.addHandler(handler)
  }
}
