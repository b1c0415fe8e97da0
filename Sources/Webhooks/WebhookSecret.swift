import Crypto
import FoundationEssentials

/// A key shared with a receiver: `whsec_` followed by base64 (Standard Webhooks 1.0.0). Never shown.
package struct WebhookSecret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  private let key: SymmetricKey

  /// Nil unless `text` is `whsec_` and the base64 of at least one byte.
  package init?(_ text: String) {
    let prefix = "whsec_"
    guard text.hasPrefix(prefix), let bytes = Data(base64Encoded: String(text.dropFirst(prefix.count))),
      !bytes.isEmpty
    else { return nil }
    key = SymmetricKey(data: bytes)
  }

  /// `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`.
  func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
    var hmac = HMAC<SHA256>(key: key)
    hmac.update(data: Array("\(id).\(timestamp).".utf8))
    hmac.update(data: body)
    return "v1," + Data(hmac.finalize()).base64EncodedString()
  }

  package var description: String { "whsec_…" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
