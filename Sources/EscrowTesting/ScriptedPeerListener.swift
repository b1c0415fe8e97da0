import DICOMProtocol
import NIOCore
import NIOPosix

/// Waits for connections on a free port of this machine and makes a ``ScriptedPeer`` of each.
package struct ScriptedPeerListener: Sendable {
  private let server: any Channel
  private let accepted: AsyncStream<ScriptedPeer>

  /// - Parameter stopsAtCommands: whether a peer takes no more when a command set has come, until it is told to
  ///   resume, so that what follows is surely on its way still.
  package init(stopsAtCommands: Bool = false) async throws {
    let (accepted, continuation) = AsyncStream.makeStream(of: ScriptedPeer.self)
    self.accepted = accepted
    server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let (received, pdus) = AsyncThrowingStream.makeStream(of: PDU.self)
          try channel.pipeline.syncOperations.addHandler(PDUCollector(pdus, stopsAtCommands: stopsAtCommands))
          continuation.yield(ScriptedPeer(channel: channel, received: received))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  /// Where to connect to.
  package var port: Int { server.localAddress?.port ?? 0 }

  /// The next connection; throws when none comes for two minutes.
  package func accept() async throws -> ScriptedPeer {
    let peer = try await patiently("a connection") { [accepted] in
      var iterator = accepted.makeAsyncIterator()
      return await iterator.next()
    }
    guard let peer else { throw ScriptDeparture(expected: "a connection") }
    return peer
  }

  /// Accepts no more.
  package func close() async throws { try await server.close() }
}
