package import EscrowCore

/// A receiver of webhooks.
package struct WebhookEndpoint: Sendable, Equatable {
  package let name: String
  package let url: String
  /// Two while rotating: every request carries a signature by each.
  package let secrets: [WebhookSecret]
  /// Ranges that the address guard lets through besides what it does not refuse.
  package let allowAddresses: [AddressRange]
  /// Whether bodies may carry the patient's ID.
  package let includePatient: Bool

  /// Throws unless there is at least one secret and all are `whsec_<base64>`.
  package init(
    name: String, url: String, secrets: [String], allowAddresses: [AddressRange] = [], includePatient: Bool = false
  ) throws(WebhookError) {
    guard !secrets.isEmpty else { throw .noSecret(endpoint: name) }
    let parsed = secrets.compactMap(WebhookSecret.init)
    guard parsed.count == secrets.count else { throw .badSecret(endpoint: name) }
    self.name = name
    self.url = url
    self.secrets = parsed
    self.allowAddresses = allowAddresses
    self.includePatient = includePatient
  }

  /// A signed request (Standard Webhooks 1.0.0): `id` stays the same at every try, `now` is the try's own time.
  func request(id: String, body: [UInt8], now: Timestamp) -> HTTPRequest {
    let seconds = now.microseconds / 1_000_000
    let signatures = secrets.map { $0.signature(id: id, timestamp: seconds, body: body) }
    return HTTPRequest(
      url: url,
      headers: [
        ("content-type", "application/json"), ("webhook-id", id), ("webhook-timestamp", String(seconds)),
        ("webhook-signature", signatures.joined(separator: " ")),
      ],
      body: body, addressGuard: AddressGuard(owner: "webhook \(name)", allowed: allowAddresses))
  }
}
