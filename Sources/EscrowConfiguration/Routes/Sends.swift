import EscrowCore

/// One item of `send` while it is read.
private struct SendDraft {
  var destination: String?
  var proof: Proof?
  var priority = EscrowCore.Priority.medium

  static var schema: Schema<SendDraft> {
    Schema(
      [
        .value("to", \.destination, Format("the name of a peer") { $0.isEmpty ? nil : $0 }).required,
        .value("proof", \.proof, .choice(notYet: [.query])).required, .value("priority", \.priority, .priority),
      ],
      notYet: ["window", "maxRate", "set", "remove", "replace", "orElse", "spread"])
  }
}

extension RouteFile {
  mutating func readSends(_ node: YAMLNode, _ loading: Loading) {
    guard case .sequence(let items) = node.content, !items.isEmpty else {
      node.mismatch("`send`", "a list of `- { to: PEER, proof: commitment }`", loading)
      return
    }
    for item in items {
      var draft = SendDraft()
      item.read(into: &draft, SendDraft.schema, of: "`send`", loading)
      guard let destination = draft.destination else { continue }
      let name = PeerName(destination)
      if route.sends.contains(where: { $0.destination == name }) {
        loading.error(item["to"]?.position ?? item.position, "`\(name)` is already a destination of this route")
      }
      places[name] = item["to"]?.position ?? item.position
      check(name, draft.proof, item, loading)
      let overwrites = settings.settings.peers[name]?.overwrites ?? false
      route.sends.append(
        Route.Send(
          to: name, proof: draft.proof ?? .commitment, priority: draft.priority, overwrites: overwrites))
    }
  }

  /// A destination must be reachable, and able to give the proof that is wanted of it.
  private func check(_ name: PeerName, _ proof: Proof?, _ item: YAMLNode, _ loading: Loading) {
    let place = item["to"]?.position ?? item.position
    guard let peerNode = settings.peerNodes[name], let peer = settings.settings.peers[name] else {
      let names = settings.peerNodes.keys.map(\.rawValue).sorted()
      loading.error(place, "there is no peer `\(name)`\(Suggestion.text(for: name.rawValue, among: names))")
      return
    }
    if peerNode["host"] == nil, peerNode["port"] == nil {
      loading.error(place, "peer `\(name)` has no `host` and `port`, so nothing can be sent to it")
    }
    if settings.settings.isOurselves(peer) {
      loading.error(
        place,
        "peer `\(name)` is this router itself, by its AE title or its address: what we send to ourselves is safe "
          + "nowhere else")
    }
    if proof == .commitment, !peer.allow.contains(.report) {
      loading.error(
        item["proof"]?.position ?? place,
        "peer `\(name)` may not report; add `report` to its `allow`, or ask for `proof: response`")
    }
  }
}

extension Format where Value == EscrowCore.Priority {
  fileprivate static var priority: Format {
    Format("one of `high`, `medium`, `low`") { text in Value.allCases.first { "\($0)" == text } }
  }
}
