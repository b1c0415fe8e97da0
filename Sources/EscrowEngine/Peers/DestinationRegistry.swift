package import EscrowCore
import NIOConcurrencyHelpers

/// The destinations: every peer with a host and a port, each with its health and its wake-up calls. Besides those of the
/// configuration there are the modalities that were named at run time.
package final class DestinationRegistry: Sendable {
  private struct State: Sendable {
    var destinations: [PeerName: Destination] = [:]
    /// Who is told of each destination that is added.
    var listeners: [AsyncStream<Destination>.Continuation] = []
    var isClosed = false
  }

  private let state = NIOLockedValueBox(State())

  package init(peers: [PeerName: Peer]) {
    for peer in peers.values { add(peer) }
  }

  package subscript(name: PeerName) -> Destination? { state.withLockedValue { $0.destinations[name] } }

  /// All destinations in the order of their names.
  package var all: [Destination] {
    state.withLockedValue { $0.destinations.values.sorted { $0.peer.name < $1.peer.name } }
  }

  package func wakeAll() {
    for destination in all { destination.wake() }
  }

  /// Adds a destination, in place of the one of that name; nothing for a peer without host and port.
  ///
  /// - Parameter keepingHealth: what is known of the one of that name holds for the new one.
  package func add(_ peer: Peer, keepingHealth: Bool = false) {
    guard let host = peer.host, let port = peer.port else { return }
    let old = state.withLockedValue { state in
      let health = keepingHealth ? state.destinations[peer.name]?.health : nil
      let new = Destination(peer: peer, host: host, port: port, health: health)
      for listener in state.listeners { listener.yield(new) }
      return state.destinations.updateValue(new, forKey: peer.name)
    }
    old?.retire()
  }

  /// Takes a destination away; what waits for it goes on waiting.
  package func remove(_ name: PeerName) {
    state.withLockedValue { $0.destinations.removeValue(forKey: name) }?.retire()
  }

  /// Goes by another reading of the configuration: a peer that changed is replaced, and what runs to the old one ends by
  /// the old one's rules; one that is gone is taken away. Modalities that were named at run time stay, but for names that
  /// are configured now. Returns the names that changed, came or went.
  func replace(_ old: [PeerName: Peer], by new: [PeerName: Peer]) -> Set<PeerName> {
    var changed: Set<PeerName> = []
    for (name, peer) in new where peer.isDestination && self[name]?.peer != peer {
      add(peer, keepingHealth: old[name] != nil)
      changed.insert(name)
    }
    for name in Set(old.keys).union(new.keys) where self[name] != nil && !(new[name]?.isDestination ?? false) {
      remove(name)
      changed.insert(name)
    }
    return changed
  }

  /// Every destination there is, and then each that is added, until ``close()``.
  func stream() -> AsyncStream<Destination> {
    let (stream, continuation) = AsyncStream.makeStream(of: Destination.self)
    state.withLockedValue { state in
      for destination in state.destinations.values { continuation.yield(destination) }
      if state.isClosed { continuation.finish() } else { state.listeners.append(continuation) }
    }
    return stream
  }

  /// Nothing is added any more.
  func close() {
    state.withLockedValue { state in
      state.isClosed = true
      for listener in state.listeners { listener.finish() }
      state.listeners = []
    }
    wakeAll()
  }

  /// How every destination's storage commitment is judged.
  package var commitmentPolicies: [PeerName: CommitmentPolicy] {
    state.withLockedValue { $0.destinations.mapValues { $0.peer.commitment.policy } }
  }

  /// How every destination's answers to queries are judged.
  var queryPolicies: [PeerName: QueryPolicy] {
    state.withLockedValue { $0.destinations.mapValues { $0.peer.query.policy } }
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

  /// Woken when something may be due to be asked for by query.
  let querySignal = Signal()

  init(peer: Peer, host: String, port: Int, health: HealthBox?) {
    self.peer = peer
    self.host = host
    self.port = port
    self.health = health ?? HealthBox(retry: peer.retry)
    health?.use(peer.retry)
  }

  package var name: PeerName { peer.name }

  /// What it takes nothing of.
  let classHolds = ClassHolds()
  private let paces = NIOLockedValueBox<[Int64: DestinationPace]>([:])

  /// What keeps all that is sent here under one limit to it, in bytes a second.
  func pace(_ rate: Int64, clock: EngineClock) -> DestinationPace {
    paces.withLockedValue { paces in
      if let pace = paces[rate] { return pace }
      let pace = DestinationPace(rate: rate, clock: clock)
      paces[rate] = pace
      return pace
    }
  }

  private let retired = NIOLockedValueBox(false)
  /// Whether another took its place, or it was taken away: who works for it ends.
  var isRetired: Bool { retired.withLockedValue { $0 } }

  func retire() {
    retired.withLockedValue { $0 = true }
    wake()
  }

  func wake() {
    queueSignal.wake()
    wakeAsking()
  }

  /// Something may be due to be asked for, in either way.
  func wakeAsking() {
    commitmentSignal.wake()
    querySignal.wake()
  }

  /// Something may be due in its queue.
  package func noteWork() {
    mayHaveWork.withLockedValue { $0 = true }
    queueSignal.wake()
  }

  /// Somebody waits for what is sent: it is tried now, however long its wait would be.
  package func hurry(moment: MonotonicTime) {
    health.hurry(moment: moment)
    queueSignal.wake()
  }

  /// Whether something may be due that nobody has looked for since.
  var hasWork: Bool { mayHaveWork.withLockedValue { $0 } }

  /// Somebody is about to look.
  func takeWork() { mayHaveWork.withLockedValue { $0 = false } }
}

extension Peer {
  /// Whether it says where instances can be sent to.
  var isDestination: Bool { host != nil && port != nil }
}
