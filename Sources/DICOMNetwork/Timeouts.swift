/// How long an association may wait for what; PS3.8 leaves all but the place of ARTIM to us.
public struct AssociationTimeouts: Hashable, Sendable {
  /// ARTIM: from TCP accept to a complete A-ASSOCIATE-RQ, and for the peer's close after our last PDU (PS3.8 §9.1.5).
  public var artim: Duration = .seconds(30)
  /// Between two reads inside a message. Time in which our own receiver holds the socket does not count.
  public var message: Duration = .seconds(60)
  /// The least that must arrive inside a message in each ``message``, in bytes.
  public var messageMinimum = 60 << 10
  /// Without any message; then the acceptor aborts and the requestor releases.
  public var idle: Duration = .seconds(300)
  /// Without any byte leaving while some should.
  public var write: Duration = .seconds(60)
  /// From our A-ABORT to our close, so that its bytes leave the socket.
  public var linger: Duration = .seconds(1)

  public init() {}
}

/// How long opening an association may take, and what holds afterwards.
public struct ConnectTimeouts: Hashable, Sendable {
  /// Until the TCP connection is up, name resolution included.
  public var connect: Duration = .seconds(10)
  /// From A-ASSOCIATE-RQ to its answer.
  public var answer: Duration = .seconds(30)
  /// Once it is established.
  public var association = AssociationTimeouts()

  public init() {}
}

/// What a listener takes on.
public struct ListenerLimits: Hashable, Sendable {
  /// Associations at once. A tenth more connections are let in to be told so (A-ASSOCIATE-RJ 2,3,2); others are dropped.
  public var associations = 200
  /// Connections at once from one address; more are dropped unread.
  public var associationsPerAddress = 20
  /// How many of ``associations`` are kept for those whom ``AssociationService/mayTakeReservedSlot(_:from:)`` lets.
  public var reserved = 20
  /// Bytes of a data set that nobody takes (any more), before the association is aborted rather than the request
  /// answered.
  public var drained = 4 << 30
  public var timeouts = AssociationTimeouts()

  public init() {}
}
