import EscrowCore

extension SettingsDraft {
  mutating func readWebhooks(_ node: YAMLNode, _ loading: Loading) {
    for entry in node.entries(of: "`webhooks`", loading) ?? [] {
      guard Naming.isName(entry.key) else {
        loading.error(entry.position, "a webhook's name must be \(Naming.rule), not `\(entry.key)`")
        continue
      }
      var draft = WebhookDraft(endpoint: Settings.WebhookEndpoint(name: entry.key))
      entry.value.read(into: &draft, WebhookDraft.schema, of: "webhook `\(entry.key)`", loading)
      if case .mapping = entry.value.content { draft.check(entry.value, loading) }
      settings.webhooks.append(draft.endpoint)
    }
  }
}

/// An endpoint while it is read.
private struct WebhookDraft {
  var endpoint: Settings.WebhookEndpoint

  static var schema: Schema<WebhookDraft> {
    Schema([
      .value("url", \.endpoint.url, .requestURL).required,
      Key("secretFile") { node, draft, loading in
        draft.endpoint.secrets += SecretReader(loading).fromFiles(node)
      },
      Key("secret") { node, draft, loading in draft.endpoint.secrets += SecretReader(loading).inPlace(node) },
      Key("events") { node, draft, loading in
        if let kinds = node.list("events", .eventKinds, loading) {
          draft.endpoint.events = kinds.reduce([]) { $0.union($1) }
        }
      },
      .list("allowAddresses", \.endpoint.allowAddresses, .addresses, mayBeEmpty: true),
      .value("includePatient", \.endpoint.includePatient, .boolean),
    ])
  }

  func check(_ node: YAMLNode, _ loading: Loading) {
    SecretReader.check(endpoint.secrets, of: "webhook `\(endpoint.name)`", node, loading)
  }
}

extension Settings.WebhookEndpoint {
  /// An endpoint that is told everything, until its keys are read.
  fileprivate init(name: String) {
    self.init(name: name, url: "", secrets: [], events: Set(EventKind.allCases.filter(\.isPublic)))
  }
}

extension Format where Value == Set<EventKind> {
  /// One event, all of a family (`study.*`), or all (`*`).
  static var eventKinds: Format {
    let kinds = EventKind.allCases.filter(\.isPublic)
    return Format("an event such as `study.committed`, a family such as `study.*`, or `*`") { text throws(Misfit) in
      if text == "*" { return Set(kinds) }
      let family = text.hasSuffix(".*") ? String(text.dropLast()) : nil
      let found = kinds.filter { kind in family.map(kind.rawValue.hasPrefix) ?? (kind.rawValue == text) }
      if found.isEmpty {
        throw Misfit("there is no event `\(text)`\(Suggestion.text(for: text, among: kinds.map(\.rawValue)))")
      }
      return Set(found)
    }
  }
}
