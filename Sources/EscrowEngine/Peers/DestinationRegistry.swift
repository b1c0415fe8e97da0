package import EscrowCore
import NIOConcurrencyHelpers

/// The destinations: every peer with a host and a port, each with its health and its wake-up calls.
package final class DestinationRegistry: Sendable {
  private let destinations: [PeerName: Destination]

  package init(peers: [PeerName: Peer]) {
    destinations = peers.compactMapValues { peer in
      guard let host = peer.host, let port = peer.port else { return nil }
      return Destination(peer: peer, host: host, port: port)
    }
  }

  package subscript(name: PeerName) -> Destination? { destinations[name] }

  /// All destinations in the order of their names.
  package var all: [Destination] { destinations.values.sorted { $0.peer.name < $1.peer.name } }

  package func wakeAll() {
    for destination in destinations.values {
      destination.queueSignal.wake()
      destination.commitmentSignal.wake()
    }
  }

  /// How every destination's storage commitment is judged.
  package var commitmentPolicies: [PeerName: CommitmentPolicy] {
    destinations.mapValues { $0.peer.commitment.policy }
  }
}

/// A peer that instances are sent to.
package final class Destination: Sendable {
  package let peer: Peer
  package let host: String
  package let port: Int
  package let health: HealthBox
  /// Woken when its queue has something to look at: work, a change of health, the end of a sender, the process's end.
  let queueSignal = Signal()
  private let mayHaveWork = NIOLockedValueBox(true)
  /// Woken when something may be due to be asked for.
  package let commitmentSignal = Signal()

  package init(peer: Peer, host: String, port: Int) {
    self.peer = peer
    self.host = host
    self.port = port
    health = HealthBox(retry: peer.retry)
  }

  package var name: PeerName { peer.name }

  /// Something may be due in its queue.
  package func noteWork() {
    mayHaveWork.withLockedValue { $0 = true }
    queueSignal.wake()
  }

  /// Whether something may be due that nobody has looked for since.
  func takeWork() -> Bool {
    mayHaveWork.withLockedValue { mayHaveWork in
      defer { mayHaveWork = false }
      return mayHaveWork
    }
  }
}
