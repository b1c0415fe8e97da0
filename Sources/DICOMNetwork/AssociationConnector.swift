public import DICOMProtocol
public import Logging
public import NIOCore
public import NIOPosix

/// Opens associations.
public struct AssociationConnector: Sendable {
  private let group: any EventLoopGroup
  private let pool: NIOThreadPool
  private let logger: Logger

  /// - Parameter ioPool: on whose threads data sets are read; it must run as long as associations do.
  public init(group: any EventLoopGroup, ioPool: NIOThreadPool, logger: Logger) {
    self.group = group
    pool = ioPool
    self.logger = logger
  }

  /// Opens an association, or throws ``AssociationError``.
  ///
  /// - Parameter service: says where the data sets of requests go that the peer sends on it. Without one they are
  ///   collected up to 32 MiB. The requests are taken with ``Association/nextRequest()`` in both cases.
  public func connect(
    to host: String, port: Int, proposal: Proposal, timeouts: ConnectTimeouts = ConnectTimeouts(),
    service: (any AssociationService)? = nil
  ) async throws -> Association {
    let established = group.next().makePromise(of: Association.self)
    let channel = bootstrap(timeouts).connect(host: host, port: port)
    channel.whenFailure {
      established.fail(AssociationError.connectFailed(ConnectFailure.text($0, host: host, port: port)))
    }
    channel.whenSuccess { open($0, proposal, timeouts, service, established) }
    return try await withTaskCancellationHandler {
      try await established.futureResult.get()
    } onCancel: {
      established.fail(AssociationError.aborted(.serviceUser, byPeer: false))
      channel.whenSuccess { $0.close(promise: nil) }
    }
  }

  private func bootstrap(_ timeouts: ConnectTimeouts) -> ClientBootstrap {
    ClientBootstrap(group: group)
      .connectTimeout(TimeAmount(timeouts.connect))
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.maxMessagesPerRead, value: ReadOptions.messagesPerRead)
      .channelOption(.recvAllocator, value: ReadOptions.allocator)
  }

  /// Not before the connection is up, since there may be several attempts, of which one is used.
  private func open(
    _ channel: any Channel, _ proposal: Proposal, _ timeouts: ConnectTimeouts, _ service: (any AssociationService)?,
    _ established: EventLoopPromise<Association>
  ) {
    let opened = channel.eventLoop.submit {
      guard channel.isActive else { throw AssociationError.closed }
      let handler = AssociationHandler(
        opening: .asRequestor(proposal, established), service: service, timeouts: timeouts.association,
        answerTimeout: timeouts.answer, pool: pool, logger: logger)
      try channel.pipeline.syncOperations.addHandler(handler)
    }
    opened.whenFailure { established.fail($0) }
  }
}
