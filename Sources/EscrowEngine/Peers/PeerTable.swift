package import DICOM
package import EscrowCore
import Glibc

/// Who is who by one reading of the configuration (a value; ``PeerDirectory`` shares the one in force).
///
/// An AE title is a label that anybody can send; a peer is its AE title together with an address it may come from.
package struct PeerTable: Sendable {
  /// Who opened an association.
  package enum Caller: Sendable, Equatable {
    case peer(Peer)
    /// Not a sender itself, but one of the AE titles that report for these destinations.
    case reporter(Set<PeerName>)
    /// The AE title is configured, the address is not one of its.
    case elsewhere(PeerName)
    case stranger
  }

  /// What a peer's host resolves to.
  typealias Resolved = (peer: Peer, addresses: Set<IPAddress>)

  private let configured: [Peer]
  /// Modalities that were named at run time.
  private var added: [PeerName: Peer] = [:]
  private let unknownPeers: Set<PeerRight>
  /// What the hosts of peers without `addresses` resolve to.
  private var resolved: [PeerName: Set<IPAddress>] = [:]

  package init(peers: [PeerName: Peer], unknownPeers: Set<PeerRight>) {
    configured = peers.values.sorted { $0.name < $1.name }
    self.unknownPeers = unknownPeers
  }

  /// Those of another reading of the configuration, which has the first say about names. What a host resolved to goes
  /// on to be known while the peer has that host.
  func replaced(peers: [PeerName: Peer], unknownPeers: Set<PeerRight>) -> PeerTable {
    var table = PeerTable(peers: peers, unknownPeers: unknownPeers)
    table.added = added.filter { peers[$0.key] == nil }
    for old in self.peers {
      guard let addresses = resolved[old.name],
        table.peers.contains(where: { $0.name == old.name && $0.host == old.host })
      else { continue }
      table.resolved[old.name] = addresses
    }
    return table
  }

  /// The configured ones first: who is both is what the configuration says.
  private var peers: [Peer] { configured + added.values.sorted { $0.name < $1.name } }

  mutating func add(_ peer: Peer) {
    // What the name meant before speaks for nobody.
    resolved[peer.name] = nil
    added[peer.name] = peer
  }

  mutating func remove(_ name: PeerName) {
    added[name] = nil
    resolved[name] = nil
  }

  private func isAdded(_ peer: Peer) -> Bool { added[peer.name] == peer }

  // MARK: Names of hosts

  /// Whether some peer's addresses have to be looked up, and again from time to time.
  var hasHostNames: Bool {
    peers.contains { peer in peer.addresses == nil && peer.host.map { IPAddress($0) == nil } ?? false }
  }

  /// Those whose host was never looked up.
  var unresolved: Set<PeerName> { Set(peers.map(\.name)).subtracting(resolved.keys) }

  /// Looks up the hosts of peers without `addresses`, or of some of them. Blocks.
  func lookUp(_ names: Set<PeerName>? = nil) -> [Resolved] {
    peers.compactMap { peer in
      guard peer.addresses == nil, let host = peer.host, names?.contains(peer.name) ?? true else { return nil }
      return (peer, Self.addresses(of: host))
    }
  }

  /// Takes note of what was found; a host that does not resolve keeps its last addresses, and a name that has come to
  /// mean something else meanwhile gets none.
  mutating func note(_ found: [Resolved]) {
    for (peer, addresses) in found where !addresses.isEmpty && peers.contains(peer) {
      resolved[peer.name] = addresses
    }
  }

  private static func addresses(of host: String) -> Set<IPAddress> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
    defer { freeaddrinfo(first) }
    var found: Set<IPAddress> = []
    var next = first
    while let entry = next {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let result = getnameinfo(
        entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      let numeric = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if result == 0, let address = IPAddress(numeric) { found.insert(address) }
      next = entry.pointee.ai_next
    }
    return found
  }

  // MARK: Who calls

  package func caller(_ aeTitle: AETitle, at address: String) -> Caller {
    let named = peers.filter { $0.aeTitle == aeTitle }
    let elsewhere = named.first { !isAdded($0) }.map { Caller.elsewhere($0.name) } ?? .stranger
    guard let source = IPAddress(address) else { return elsewhere }
    let known = named.first { isFrom($0, source) }
    if let known, !isAdded(known) { return .peer(known) }
    // A modality that is named at run time takes nothing away from who calls under its name.
    let destinations = destinations(reportedBy: aeTitle, at: source)
    if destinations.contains(where: { $0 != known?.name }) { return .reporter(destinations) }
    if let known { return .peer(known) }
    if !destinations.isEmpty { return .reporter(destinations) }
    return elsewhere
  }

  /// What a caller may do.
  package func rights(of caller: Caller) -> Set<PeerRight> {
    switch caller {
    case .peer(let peer): isAdded(peer) ? peer.allow.union(rights(of: .stranger)) : peer.allow
    case .reporter: [.echo, .report]
    case .elsewhere: []
    case .stranger: unknownPeers.intersection([.echo, .store])
    }
  }

  /// The destinations for whose commitment a report from this AE title and address speaks.
  package func reporters(_ aeTitle: AETitle, at address: String) -> Set<PeerName> {
    IPAddress(address).map { destinations(reportedBy: aeTitle, at: $0) } ?? []
  }

  private func destinations(reportedBy aeTitle: AETitle, at source: IPAddress) -> Set<PeerName> {
    Set(
      peers.filter { peer in
        guard peer.allow.contains(.report) else { return false }
        let titles = peer.commitment.aeTitles.isEmpty ? [peer.aeTitle] : peer.commitment.aeTitles
        guard titles.contains(aeTitle) else { return false }
        return peer.commitment.addresses.map { $0.contains { $0.contains(source) } } ?? isFrom(peer, source)
      }.map(\.name))
  }

  private func isFrom(_ peer: Peer, _ source: IPAddress) -> Bool {
    if let ranges = peer.addresses { return ranges.contains { $0.contains(source) } }
    if let host = peer.host, IPAddress(host) == source { return true }
    return resolved[peer.name]?.contains(source) ?? false
  }
}
