package import DICOM
package import EscrowConfiguration
import EscrowCore

/// What is in force: one reading of the configuration, and who is who by it. It is replaced as a whole, so that nothing
/// is judged by half of one reading and half of another.
package struct Rules: Sendable {
  package let settings: Settings
  package var peers: PeerTable
  /// What the routes and the record need of a header.
  package let wantedTags: Set<Tag>

  package init(_ settings: Settings) {
    self.init(settings, peers: PeerTable(peers: settings.peers, unknownPeers: settings.unknownPeers))
  }

  private init(_ settings: Settings, peers: PeerTable) {
    self.settings = settings
    self.peers = peers
    wantedTags = ReceivedInstance.wantedTags(for: settings.routes)
  }

  /// The same router by another reading of its configuration: modalities that were named at run time stay known.
  func replaced(by settings: Settings) -> Rules {
    Rules(settings, peers: peers.replaced(peers: settings.peers, unknownPeers: settings.unknownPeers))
  }
}
