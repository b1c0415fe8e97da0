import EscrowCore

/// One item of `send` while it is read.
private struct SendDraft {
  var destinations: [String] = []
  var isSpread = false
  var proof: Proof?
  var priority = EscrowCore.Priority.medium
  var windows: [TimeWindow]?
  var maxRate: Int64?
  var alternative: String?
  var edits = EditsDraft()

  static var schema: Schema<SendDraft> {
    let peer = Format("the name of a peer") { $0.isEmpty ? nil : $0 }
    return Schema([
      .list("to", \.destinations, peer).required,
      .value("proof", \.proof, .choice()).required, .value("priority", \.priority, .priority),
      Key("spread") { node, draft, loading in
        if node.value("spread", .spread, loading) != nil { draft.isSpread = true }
      },
      .value("orElse", \.alternative, peer), .list("window", \.windows, .timeWindow),
      .value("maxRate", \.maxRate, .rate),
      Key("set") { node, draft, loading in draft.edits.readSet(node, loading) },
      Key("remove") { node, draft, loading in draft.edits.readRemove(node, loading) },
      Key("replace") { node, draft, loading in draft.edits.readReplace(node, loading) },
    ])
  }

  func terms(_ settings: SettingsDraft) -> SendTerms {
    let timeZone = settings.settings.timeZone
    let alternative = alternative.map { PeerName($0) }
    return SendTerms(
      edits: edits.edits, timetable: windows.map { Timetable($0, timeZone: timeZone) }, maxRate: maxRate,
      alternative: alternative.map {
        let peer = settings.settings.peers[$0]
        return SendTerms.Alternative(
          $0, overwrites: peer?.overwrites ?? false, cannotCommit: !(peer?.allow.contains(.report) ?? false))
      })
  }
}

extension RouteFile {
  mutating func readSends(_ node: YAMLNode, _ loading: Loading) {
    guard case .sequence(let items) = node.content else {
      node.mismatch("`send`", "a list of `- { to: PEER, proof: commitment }`", loading)
      return
    }
    if items.isEmpty {
      loading.error(node.position, "`send` must not be empty: say where to, `- { to: PEER, proof: commitment }`")
    }
    for item in items {
      var draft = SendDraft()
      item.read(into: &draft, SendDraft.schema, of: "`send`", loading)
      guard !draft.destinations.isEmpty else { continue }
      let names = draft.destinations.map { PeerName($0) }
      for name in names { note(name, draft.proof, item, loading) }
      checkSpreading(names, draft.isSpread, item, loading)
      checkAlternative(draft, names, item, loading)
      let overwriting = names.filter { settings.settings.peers[$0]?.overwrites ?? false }
      route.sends.append(
        Route.Send(
          to: names, proof: draft.proof ?? .commitment, priority: draft.priority, terms: draft.terms(settings),
          overwriting: Set(overwriting)))
    }
  }

  private mutating func note(_ name: PeerName, _ proof: Proof?, _ item: YAMLNode, _ loading: Loading) {
    let place = item["to"]?.position ?? item.position
    if places[name] != nil { loading.error(place, "`\(name)` is already a destination of this route") }
    places[name] = place
    check(name, proof, item, "to", loading)
  }

  private func checkSpreading(_ names: [PeerName], _ isSpread: Bool, _ item: YAMLNode, _ loading: Loading) {
    let place = item["to"]?.position ?? item.position
    if names.count > 1, !isSpread {
      loading.error(
        place, "several destinations in one item: add `spread: study` for one of them, or give each an item of its own")
    }
    if names.count == 1, isSpread {
      loading.error(item["spread"]?.position ?? place, "`spread` needs several destinations: `to: [a, b]`")
    }
  }

  private func checkAlternative(_ draft: SendDraft, _ names: [PeerName], _ item: YAMLNode, _ loading: Loading) {
    guard let alternative = draft.alternative.map({ PeerName($0) }) else { return }
    if names.contains(alternative) {
      loading.error(item["orElse"]?.position ?? item.position, "`orElse` must be another peer than `to`")
    }
    check(alternative, draft.proof, item, "orElse", loading)
  }

  /// A destination must be reachable, and able to give the proof that is wanted of it.
  private func check(_ name: PeerName, _ proof: Proof?, _ item: YAMLNode, _ key: String, _ loading: Loading) {
    let place = item[key]?.position ?? item.position
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
        "peer `\(name)` may not report; add `report` to its `allow`, or ask for `proof: query` or "
          + "`proof: response`")
    }
  }
}

extension Format where Value == EscrowCore.Priority {
  fileprivate static var priority: Format {
    Format("one of `high`, `medium`, `low`") { text in Value.allCases.first { "\($0)" == text } }
  }
}

extension Format where Value == String {
  fileprivate static var spread: Format {
    Format("`study`: all of a study goes to the same destination") { $0 == "study" ? $0 : nil }
  }
}
