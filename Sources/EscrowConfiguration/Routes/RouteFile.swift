import EscrowCore

/// One route file.
struct RouteFile {
  var route: Route
  /// What its destinations are checked against.
  let settings: SettingsDraft
  /// Where each destination is named.
  var places: [PeerName: Position] = [:]

  static func read(_ file: String, name: String, _ settings: SettingsDraft, _ loading: Loading) -> Route? {
    guard let root = YAMLDocument.read(file: file, loading) else { return nil }
    var draft = RouteFile(route: Route(name: name, match: .otherwise, sends: []), settings: settings)
    root.read(into: &draft, schema, of: "a route", loading)
    if case .mapping = root.content, root["send"] == nil, root["hold"] == nil {
      loading.error(root.position, "`send` is missing: say where to, or `hold` and why")
    }
    draft.warnOfLoops(loading)
    draft.warnOfEdits(root, loading)
    return draft.route
  }

  static var schema: Schema<RouteFile> {
    Schema(
      [
        Key("match") { node, draft, loading in
          if let match = MatchReader(loading).match(node) { draft.route.match = match }
        }.required,
        Key("send") { node, draft, loading in draft.readSends(node, loading) },
        Key("purge") { node, draft, loading in
          if let retention = retention(node, loading) { draft.route.retention = retention }
        },
        .value("hold", \.route.hold, Format("a text that says why, for operators") { $0.isEmpty ? nil : $0 }),
        .value("acceptDiscarded", \.route.acceptDiscarded, .boolean),
        .value("acceptEdited", \.route.acceptEdited, .boolean),
      ])
  }

  /// Two routers that send each other what they get answer success without keeping a second copy: each may take the
  /// other's for the last one.
  private func warnOfLoops(_ loading: Loading) {
    guard route.retention != .never else { return }
    for destination in route.sends.filter({ $0.proof == .response }).flatMap(\.destinations) {
      guard let place = places[destination], let peer = settings.settings.peers[destination],
        peer.allow.contains(.store)
      else { continue }
      loading.warn(
        place,
        "`\(destination)` may also store here: should it send back what it gets, `proof: response` lets both sides "
          + "delete the instance; ask for `proof: commitment`, or say `purge: never`")
    }
  }

  /// A copy stays for good when all that this route sends is edited, unless another route sends it whole.
  private func warnOfEdits(_ root: YAMLNode, _ loading: Loading) {
    guard let node = root["send"], !route.sends.isEmpty, !route.acceptEdited, route.retention != .never,
      route.sends.allSatisfy({ !$0.terms.edits.isEmpty })
    else { return }
    loading.warn(
      node.position,
      "everything that route `\(route.name)` sends is edited, so the original stays here unless another route sends it; "
        + "say `acceptEdited: true` if the edited copies will do, or `purge: never`")
  }

  /// `never`, or a mapping with `after`.
  private static func retention(_ node: YAMLNode, _ loading: Loading) -> Retention? {
    if case .scalar("never") = node.content { return .never }
    guard case .mapping = node.content else {
      node.mismatch("`purge`", "`{ after: 1h }` or `never`", loading)
      return nil
    }
    var retention = Retention.standard
    node.read(into: &retention, Schema([.value("after", \.self, .retention).required]), of: "`purge`", loading)
    return retention
  }
}

extension Format where Value == Retention {
  fileprivate static var retention: Format {
    let duration = Format<Duration>.duration(atLeast: .zero)
    return Format(duration.expected + ", or `never`") { text throws(Misfit) in
      text == "never" ? .never : try duration.parse(text).map(Retention.after)
    }
  }
}
