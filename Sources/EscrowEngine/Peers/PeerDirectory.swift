package import DICOM
import EscrowConfiguration
package import EscrowCore
package import NIOConcurrencyHelpers

/// Who is who by the rules in force: finds the peer behind an AE title **and** a source address.
package final class PeerDirectory: Sendable {
  private let rules: NIOLockedValueBox<Rules>

  package init(_ rules: NIOLockedValueBox<Rules>) { self.rules = rules }

  private var table: PeerTable { rules.withLockedValue { $0.peers } }

  /// Knows a modality that was named at run time from now on.
  package func add(_ peer: Peer) { rules.withLockedValue { $0.peers.add(peer) } }

  package func remove(_ name: PeerName) { rules.withLockedValue { $0.peers.remove(name) } }

  /// Looks up the hosts of peers without `addresses`, or of one of them. Blocks; a host that does not resolve keeps its
  /// last addresses.
  package func resolveHosts(of name: PeerName? = nil) {
    let found = table.lookUp(name.map { [$0] })
    rules.withLockedValue { $0.peers.note(found) }
  }

  /// Whether some peer's addresses have to be looked up, and again from time to time.
  package var hasHostNames: Bool { table.hasHostNames }

  package func caller(_ aeTitle: AETitle, at address: String) -> PeerTable.Caller {
    table.caller(aeTitle, at: address)
  }

  /// What a caller may do.
  package func rights(of caller: PeerTable.Caller) -> Set<PeerRight> { table.rights(of: caller) }

  /// The destinations for whose commitment a report from this AE title and address speaks.
  package func reporters(_ aeTitle: AETitle, at address: String) -> Set<PeerName> {
    table.reporters(aeTitle, at: address)
  }
}
