import EscrowCore

/// A peer's `decide` while it is read.
struct HookDraft {
  private var endpoint = HookEndpoint()

  static func read(_ node: YAMLNode, _ loading: Loading) -> HookEndpoint? {
    guard case .mapping = node.content else {
      node.mismatch("`decide`", "a mapping such as `{ url: https://…, secretFile: … }`", loading)
      return nil
    }
    var draft = HookDraft()
    node.read(into: &draft, schema, of: "`decide`", loading)
    SecretReader.check(draft.endpoint.secrets, of: "`decide`", node, loading)
    return draft.endpoint
  }

  private static var schema: Schema<HookDraft> {
    Schema([
      .value("url", \.endpoint.url, .requestURL).required, .value("timeout", \.endpoint.timeout, .duration()),
      Key("secretFile") { node, draft, loading in
        draft.endpoint.secrets += SecretReader(loading).fromFiles(node)
      },
      Key("secret") { node, draft, loading in draft.endpoint.secrets += SecretReader(loading).inPlace(node) },
      .list("allowAddresses", \.endpoint.allowAddresses, .addresses, mayBeEmpty: true),
    ])
  }
}
