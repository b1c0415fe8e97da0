import EscrowConfiguration
package import EscrowCore
import EscrowSpool
import Logging

/// Names remote modalities at run time, and forgets them.
package struct Modalities: Sendable {
  private let context: EngineContext

  package init(context: EngineContext) { self.context = context }

  /// At start, and when the configuration was read again: those that were named before. A name that the configuration
  /// has by now is the configuration's.
  func restore() async throws {
    for modality in try await context.ledger.modalities() where context.settings.peers[modality.name] == nil {
      guard context.destinations[modality.name]?.peer != modality.peer else { continue }
      if try await context.ledger.hasRouted(to: modality.name) {
        context.logger.warning("a modality is not used: \(ModalityError.nameOfADestination(modality.name))")
      } else {
        await begin(modality)
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
    try await follow(modality.name)
  }

  /// False when there is none of that name.
  package func forget(_ name: PeerName, actor: String) async throws -> Bool {
    guard try await context.ledger.forgetModality(name, actor: actor, now: context.clock.now()) else { return false }
    try await follow(name)
    return true
  }

  /// Goes by what the ledger has of a name. When several change it at once, whoever comes last looks again.
  private func follow(_ name: PeerName) async throws {
    var followed: NamedModality?
    repeat {
      followed = try await kept(name)
      if let followed { await begin(followed) } else { end(name) }
    } while try await kept(name) != followed
  }

  private func kept(_ name: PeerName) async throws -> NamedModality? {
    try await context.ledger.modalities().first { $0.name == name }
  }

  private func begin(_ modality: NamedModality) async {
    context.peers.add(modality.peer)
    context.destinations.add(modality.peer)
    // The name may have become one of the configuration meanwhile.
    if let configured = context.settings.peers[modality.name] {
      context.peers.remove(modality.name)
      return configured.isDestination
        ? context.destinations.add(configured) : context.destinations.remove(modality.name)
    }
    // Not while the router is being stopped.
    try? await context.pool.runIfActive { context.peers.resolveHosts(of: modality.name) }
  }

  private func end(_ name: PeerName) {
    guard context.settings.peers[name] == nil else { return }
    context.destinations.remove(name)
    context.peers.remove(name)
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
