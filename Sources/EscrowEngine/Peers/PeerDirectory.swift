package import DICOM
package import EscrowCore
import Glibc
import NIOConcurrencyHelpers

/// Who is who: finds the configured peer behind an AE title **and** a source address.
///
/// An AE title is a label that anybody can send; a peer is its AE title together with an address it may come from.
package final class PeerDirectory: Sendable {
  /// Who opened an association.
  package enum Caller: Sendable, Equatable {
    case peer(Peer)
    /// Not a sender itself, but one of the AE titles that report for these destinations.
    case reporter(Set<PeerName>)
    /// The AE title is configured, the address is not one of its.
    case elsewhere(PeerName)
    case stranger
  }

  private let configured: [Peer]
  /// Modalities that were named at run time.
  private let added = NIOLockedValueBox<[PeerName: Peer]>([:])
  private let unknownPeers: Set<PeerRight>
  /// What the hosts of peers without `addresses` resolve to.
  private let resolved = NIOLockedValueBox<[PeerName: Set<IPAddress>]>([:])

  package init(peers: [PeerName: Peer], unknownPeers: Set<PeerRight>) {
    configured = peers.values.sorted { $0.name < $1.name }
    self.unknownPeers = unknownPeers
  }

  /// The configured ones first: who is both is what the configuration says.
  private var peers: [Peer] {
    configured + added.withLockedValue { $0.values.sorted { $0.name < $1.name } }
  }

  /// Knows a modality that was named at run time from now on.
  package func add(_ peer: Peer) {
    // What the name meant before speaks for nobody.
    resolved.withLockedValue { $0[peer.name] = nil }
    added.withLockedValue { $0[peer.name] = peer }
  }

  package func remove(_ name: PeerName) {
    added.withLockedValue { $0[name] = nil }
    resolved.withLockedValue { $0[name] = nil }
  }

  private func isAdded(_ peer: Peer) -> Bool { added.withLockedValue { $0[peer.name] == peer } }

  /// Looks up the hosts of peers without `addresses`, or of one of them. Blocks; a host that does not resolve keeps its
  /// last addresses.
  package func resolveHosts(of name: PeerName? = nil) {
    for peer in peers where peer.addresses == nil && (name == nil || peer.name == name) {
      guard let host = peer.host else { continue }
      let addresses = Self.addresses(of: host)
      // Meanwhile the name may have come to mean something else.
      if !addresses.isEmpty, peers.contains(peer) { resolved.withLockedValue { $0[peer.name] = addresses } }
    }
  }

  /// Whether some peer's addresses have to be looked up, and again from time to time.
  package var hasHostNames: Bool {
    peers.contains { peer in peer.addresses == nil && peer.host.map { IPAddress($0) == nil } ?? false }
  }

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
    return resolved.withLockedValue { $0[peer.name]?.contains(source) ?? false }
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
}
