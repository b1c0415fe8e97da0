package import DICOM

/// A remote modality that was named at run time, as scripts of the reference system do. It serves calls of the API only:
/// no route sends to it, and it may do nothing here but echo and report what the API asked it for.
package struct NamedModality: Sendable, Equatable, Codable {
  package var name: PeerName
  package var aeTitle: AETitle
  package var host: String
  package var port: Int
  package var manufacturer: String
  /// The AE title we use towards it; nil means our first.
  package var localAE: AETitle?
  /// For connecting and for answers, in seconds; 0 for the defaults.
  package var timeout: Int
  /// The names of what it was allowed.
  package var allowed: Set<String>

  package init(
    name: PeerName, aeTitle: AETitle, host: String, port: Int, manufacturer: String = "Generic",
    localAE: AETitle? = nil, timeout: Int = 0, allowed: Set<String>
  ) {
    self.name = name
    self.aeTitle = aeTitle
    self.host = host
    self.port = port
    self.manufacturer = manufacturer
    self.localAE = localAE
    self.timeout = timeout
    self.allowed = allowed
  }

  /// What it is to the road.
  package var peer: Peer {
    var peer = Peer(name: name, aeTitle: aeTitle, host: host, port: port, allow: [], localAE: localAE)
    if allowed.contains("AllowEcho") { peer.allow.insert(.echo) }
    if allowed.contains("AllowEventReport") { peer.allow.insert(.report) }
    if timeout > 0 {
      let limit = Duration.seconds(timeout)
      peer.timeouts.connect = limit
      peer.timeouts.association = limit
      peer.timeouts.echo = limit
      peer.timeouts.store = limit
      peer.timeouts.action = limit
    }
    return peer
  }
}

/// The part of a ledger that keeps the modalities that were named at run time.
package protocol ModalityLedger: Sendable {
  /// Keeps a modality, in place of the one of that name.
  func keep(_ modality: NamedModality, actor: String, now: Timestamp) async throws

  /// Forgets a modality; false when there is none.
  func forgetModality(_ name: PeerName, actor: String, now: Timestamp) async throws -> Bool

  /// Whether a delivery of a route to a destination of this name is on record, in whatever state.
  func hasRouted(to name: PeerName) async throws -> Bool

  /// In the order of their names.
  func modalities() async throws -> [NamedModality]
}

extension EscrowEvent {
  /// A modality was named or forgotten.
  package static func modality(_ name: PeerName, _ what: String, actor: String, now: Timestamp) -> EscrowEvent {
    EscrowEvent(.operatorAction, at: now, destination: name, reason: "modality \(name) \(what)", actor: actor)
  }
}
