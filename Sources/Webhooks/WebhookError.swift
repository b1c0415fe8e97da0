package import EscrowCore

/// What can go wrong on the way to an HTTP receiver, besides its own answer.
package enum WebhookError: Error, Equatable, CustomStringConvertible {
  /// A secret is not `whsec_` followed by base64. The secret itself is never part of the text.
  case badSecret(endpoint: String)
  /// An endpoint has no secret to sign with.
  case noSecret(endpoint: String)
  case unknownEndpoint(String)
  /// The resolved address of a new or kept connection lies in a range that is refused.
  case refusedAddress(IPAddress, range: AddressRange, owner: String)
  /// libcurl could not do the transfer; `code` is its CURLcode.
  case transfer(code: Int, text: String)
  /// The transport has been shut down.
  case shutDown

  package var description: String {
    switch self {
    case .badSecret(let endpoint):
      "a secret of webhook \(endpoint) is not of the form whsec_<base64>"
    case .noSecret(let endpoint):
      "webhook \(endpoint) has no secret"
    case .unknownEndpoint(let name):
      "there is no webhook named \(name)"
    case .refusedAddress(let address, let range, let owner):
      "address \(address) is refused by the address guard; add \(range) to allowAddresses of \(owner)"
    case .transfer(_, let text):
      text
    case .shutDown:
      "the HTTP client has been shut down"
    }
  }
}
