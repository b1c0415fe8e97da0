import EscrowConfiguration
package import EscrowCore
import EscrowSpool

/// Names remote modalities at run time, and forgets them.
package struct Modalities: Sendable {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  /// At start: those that were named before. A name that the configuration has by now is the configuration's.
  func restore() async throws {
    for modality in try await context.ledger.modalities() where context.settings.peers[modality.name] == nil {
      try await begin(modality)
    }
  }

  /// Returns when it is durable.
  package func keep(_ modality: NamedModality, actor: String) async throws {
    try await context.ledger.keep(modality, actor: actor, now: context.clock.now())
    try await begin(modality)
  }

  /// False when there is none of that name.
  package func forget(_ name: PeerName, actor: String) async throws -> Bool {
    guard try await context.ledger.forgetModality(name, actor: actor, now: context.clock.now()) else { return false }
    context.destinations.remove(name)
    context.peers.remove(name)
    return true
  }

  private func begin(_ modality: NamedModality) async throws {
    context.peers.add(modality.peer)
    context.destinations.add(modality.peer)
    try await context.pool.runIfActive { context.peers.resolveHosts() }
  }
}
