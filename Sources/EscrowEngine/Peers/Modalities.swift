import EscrowConfiguration
package import EscrowCore
import EscrowSpool
import Logging

/// Names remote modalities at run time, and forgets them.
package struct Modalities: Sendable {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  /// At start: those that were named before. A name that the configuration has by now is the configuration's.
  func restore() async throws {
    for modality in try await context.ledger.modalities() where context.settings.peers[modality.name] == nil {
      if try await context.ledger.hasRouted(to: modality.name) {
        context.logger.warning("a modality is not used: \(ModalityError.nameOfADestination(modality.name))")
      } else {
        try await begin(modality)
      }
    }
  }

  /// Returns when it is durable.
  ///
  /// - Throws: ``ModalityError`` when routes sent to a peer of this name: what is on record of that one, and what its
  ///   reports prove, is not to become another's.
  package func keep(_ modality: NamedModality, actor: String) async throws {
    guard try await !context.ledger.hasRouted(to: modality.name) else {
      throw ModalityError.nameOfADestination(modality.name)
    }
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

/// Why a modality cannot be named.
package enum ModalityError: Error, CustomStringConvertible {
  case nameOfADestination(PeerName)

  package var description: String {
    switch self {
    case .nameOfADestination(let name):
      "\(name) was a peer of escrow.yaml, and deliveries of routes to it are on record: name the modality otherwise"
    }
  }
}
