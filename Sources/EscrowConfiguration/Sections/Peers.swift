import DICOM
import EscrowCore

extension SettingsDraft {
  mutating func readPeers(_ node: YAMLNode, _ loading: Loading) {
    for entry in node.entries(of: "`peers`", loading) ?? [] {
      guard Naming.isName(entry.key) else {
        loading.error(entry.position, "a peer's name must be \(Naming.rule), not `\(entry.key)`")
        continue
      }
      let name = PeerName(entry.key)
      var peer = Peer(name: name, aeTitle: "")
      entry.value.read(into: &peer, Peer.schema, of: "peer `\(name)`", loading)
      settings.peers[name] = peer
      peerNodes[name] = entry.value
    }
  }

  /// What only several keys, or several peers, tell together.
  func checkPeers(_ loading: Loading) {
    let peers = settings.peers.values.sorted { $0.name < $1.name }
    for (index, peer) in peers.enumerated() {
      guard let node = peerNodes[peer.name], case .mapping = node.content else { continue }
      check(peer, node, loading)
      for other in peers[..<index] { check(peer, against: other, node, loading) }
    }
  }

  private func check(_ peer: Peer, _ node: YAMLNode, _ loading: Loading) {
    if node["host"] != nil, node["port"] == nil {
      loading.error(
        node["host"]?.position ?? node.position, "`host` without `port`: say where peer `\(peer.name)` listens")
    }
    if let port = node["port"], node["host"] == nil {
      loading.error(port.position, "`port` without `host`: say where peer `\(peer.name)` listens")
    }
    if node["host"] == nil, node["addresses"] == nil {
      loading.error(
        node.position, "peer `\(peer.name)` could never be recognised; give it `addresses` (or `host` and `port`)")
    }
    checkInquiries(peer, node, loading)
    for key in ["intake", "expect"] where !peer.allow.contains(.store) {
      guard let given = node[key] else { continue }
      loading.warn(given.position, "`\(key)` means nothing while `allow` of peer `\(peer.name)` has no `store`")
    }
    if peer.retry.first > peer.retry.max, let retry = node["retry"] {
      loading.error(retry.position, "`first` must not be longer than `max`")
    }
    if settings.dicom.checkCalledAE, let local = peer.localAE, !settings.aeTitles.contains(local) {
      loading.error(
        node["localAE"]?.position ?? node.position,
        "`\(local)` is not in `aeTitle`, and `checkCalledAE` would refuse what peer `\(peer.name)` sends to it")
    }
  }

  private func checkInquiries(_ peer: Peer, _ node: YAMLNode, _ loading: Loading) {
    let keys = ["commitWhen", "answerWithin", "maySee", "vouchFor", "decide", "completes", "reportOn"]
    guard peer.allow.contains(.commit) else {
      if let (key, given) = keys.lazy.compactMap({ key in node[key].map { (key, $0) } }).first {
        loading.warn(given.position, "`\(key)` means nothing while `allow` of peer `\(peer.name)` has no `commit`")
      }
      return
    }
    if node["host"] == nil {
      loading.warn(
        node["allow"]?.position ?? node.position,
        "peer `\(peer.name)` may ask for commitment, but cannot be told the answer: give it `host` and `port`")
    }
    if peer.inquiries.decide != nil, let other = node["commitWhen"] {
      loading.error(other.position, "give either `decide` or `commitWhen`: only one can decide")
    }
  }

  /// What is kept because a peer is told that it is safe here must not be purged by a route.
  func checkPromises(_ routes: [Route], _ loading: Loading) {
    for (name, peer) in settings.peers.sorted(by: { $0.key < $1.key }) {
      guard peer.allow.contains(.commit), peer.inquiries.commitWhen == .spooled, peer.inquiries.decide == nil,
        let node = peerNodes[name]
      else { continue }
      for route in routes where route.retention != .never && route.mayTake(from: peer.aeTitle) {
        loading.error(
          node["commitWhen"]?.position ?? node.position,
          "route `\(route.name)` purges what peer `\(name)` sends, so its copy here cannot be promised; say "
            + "`purge: never` in that route, or `commitWhen: delivered`")
      }
    }
  }

  /// A caller must be one peer, not two.
  private func check(_ peer: Peer, against other: Peer, _ node: YAMLNode, _ loading: Loading) {
    guard peer.aeTitle == other.aeTitle, peer.aeTitle.isValid else { return }
    let place = (node["addresses"] ?? node["aeTitle"])?.position ?? node.position
    guard let mine = peer.ownAddresses, let theirs = other.ownAddresses else {
      loading.error(
        place,
        "peers `\(other.name)` and `\(peer.name)` have the same `aeTitle`; give both `addresses` to tell them apart")
      return
    }
    if let shared = mine.first(where: { range in theirs.contains(where: range.overlaps) }) {
      loading.error(
        place, "peers `\(other.name)` and `\(peer.name)` have the same `aeTitle` and share addresses of \(shared)")
    }
  }
}

extension Peer {
  /// Its addresses as far as they are known without asking a name server.
  fileprivate var ownAddresses: [AddressRange]? { addresses ?? host.flatMap { AddressRange($0) }.map { [$0] } }
}

/// The rule for names that people give to peers and webhooks, and that appear in URLs and logs.
enum Naming {
  static let rule = "made of letters, digits, `.`, `_` and `-`"

  static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "._-".unicodeScalars.contains(scalar))
      }
  }
}
