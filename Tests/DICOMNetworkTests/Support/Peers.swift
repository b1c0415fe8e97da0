import DICOMNetwork
import DICOMProtocol
import EscrowTesting
import Logging
import NIOCore
import NIOPosix

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// Runs a listener for the time of `body`, which gets its port.
func withListener<Result: Sendable>(
  _ service: ProbeService = ProbeService(), limits: ListenerLimits = ListenerLimits(),
  _ body: (AssociationListener, Int) async throws -> Result
) async throws -> Result {
  let listener = AssociationListener(
    host: "127.0.0.1", port: 0, limits: limits, group: .singletonMultiThreadedEventLoopGroup, service: service,
    logger: quiet)
  let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      defer { continuation.finish() }
      try await listener.run { continuation.yield($0) }
    }
    var iterator = ports.makeAsyncIterator()
    guard let port = await iterator.next() else { throw ScriptDeparture(expected: "a listener") }
    let result = try await body(listener, port)
    group.cancelAll()
    return result
  }
}

/// Opens an association with a listener or scripted peer on this machine.
func connect(
  to port: Int, proposal: Proposal = .probe, timeouts: ConnectTimeouts = ConnectTimeouts(),
  service: ProbeService? = nil
) async throws -> Association {
  let connector = AssociationConnector(
    group: .singletonMultiThreadedEventLoopGroup, ioPool: .singleton, logger: quiet)
  return try await connector.connect(
    to: "127.0.0.1", port: port, proposal: proposal, timeouts: timeouts, service: service)
}

extension ScriptedPeer {
  /// An established association, opened by the peer.
  static func associated(with port: Int, proposal: Proposal = .probe) async throws -> ScriptedPeer {
    let peer = try await ScriptedPeer.connect(to: port)
    try await peer.send(.associateRequest(proposal.request))
    guard case .associateAccept? = try await peer.next() else {
      throw ScriptDeparture(expected: "A-ASSOCIATE-AC")
    }
    return peer
  }

  /// Takes the A-ASSOCIATE-RQ and accepts everything.
  func acceptAssociation(_ policy: AcceptorPolicy = .everything) async throws {
    guard case .associateRequest(let request)? = try await next() else {
      throw ScriptDeparture(expected: "A-ASSOCIATE-RQ")
    }
    try await send(.associateAccept(policy.answer(request).accept))
  }

  /// The PDUs up to the close.
  func rest() async throws -> [PDU] {
    var pdus: [PDU] = []
    while let pdu = try await next() { pdus.append(pdu) }
    return pdus
  }
}

/// The events of one test in the order of their arrival, to be awaited.
struct Events<Event: Sendable>: Sendable {
  private let stream: AsyncStream<Event>
  private let continuation: AsyncStream<Event>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream(of: Event.self) }

  func add(_ event: Event) { continuation.yield(event) }

  func next() async throws -> Event {
    var iterator = stream.makeAsyncIterator()
    guard let event = await iterator.next() else { throw ScriptDeparture(expected: "an event") }
    return event
  }
}
