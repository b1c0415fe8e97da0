import FoundationEssentials
import Glibc

/// Reads the secrets that webhooks are signed with: `whsec_` and base64 of 24 to 64 bytes (Standard Webhooks 1.0.0).
struct SecretReader {
  let loading: Loading

  init(_ loading: Loading) { self.loading = loading }

  /// The secrets in the files that `node` names, one in each.
  func fromFiles(_ node: YAMLNode) -> [String] {
    each(node, "secretFile").compactMap { position, path in
      let path = loading.resolve(path)
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
        loading.error(position, "`secretFile`: cannot read `\(path)`")
        return nil
      }
      var status = stat()
      if stat(path, &status) == 0, status.st_mode & 0o004 != 0 {
        loading.warn(position, "`\(path)` is readable by everybody; `chmod o-r` it")
      }
      return checked(text.trimmingWhitespace, "the content of `\(path)`", position)
    }
  }

  /// The secrets that `node` holds itself, or the environment variables that it names as `${NAME}`.
  func inPlace(_ node: YAMLNode) -> [String] {
    each(node, "secret").compactMap { position, text in
      guard text.hasPrefix("${"), text.hasSuffix("}") else {
        loading.warn(position, "a secret in the configuration file; move it to a `secretFile` or to the environment")
        return checked(text, "`secret`", position)
      }
      let name = String(text.dropFirst(2).dropLast())
      guard let value = loading.environment[name] else {
        loading.error(position, "`secret`: the environment variable `\(name)` is not set")
        return nil
      }
      return checked(value, "the environment variable `\(name)`", position)
    }
  }

  /// Whether the keys `secretFile` and `secret` of a mapping gave one secret, or two while one replaces the other.
  static func check(_ secrets: [String], of owner: String, _ node: YAMLNode, _ loading: Loading) {
    let given = [node["secretFile"], node["secret"]].compactMap { $0 }
    if given.isEmpty {
      loading.error(node.position, "`secretFile` is missing in \(owner): requests are always signed")
    } else if given.count == 2 {
      loading.error(given[1].position, "give either `secretFile` or `secret`; either may be a list of two")
    } else if secrets.count > 2 {
      loading.error(given[0].position, "at most two secrets, the new one and the one it replaces")
    }
  }

  private func each(_ node: YAMLNode, _ name: String) -> [(Position, String)] {
    let nodes = if case .sequence(let items) = node.content, !items.isEmpty { items } else { [node] }
    return nodes.compactMap { item in item.value(name, .text, loading).map { (item.position, $0) } }
  }

  /// The secret itself is never part of a message.
  private func checked(_ secret: String, _ what: String, _ position: Position) -> String? {
    let bytes = secret.hasPrefix("whsec_") ? Data(base64Encoded: String(secret.dropFirst(6))) : nil
    if let bytes, (24...64).contains(bytes.count) { return secret }
    loading.error(
      position,
      "\(what) is no secret: it must be `whsec_` and base64 of 24 to 64 bytes (`echo whsec_$(openssl rand -base64 32)`)"
    )
    return nil
  }
}

extension String {
  fileprivate var trimmingWhitespace: String {
    var text = self[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    while text.first?.isWhitespace == true { text.removeFirst() }
    return String(text)
  }
}
