/// Sends one HTTP request and waits for its answer.
package protocol HTTPSending: Sendable {
  /// Returns whatever status the receiver answered; throws when there was no complete answer.
  func send(_ request: HTTPRequest) async throws -> HTTPResponse
}

/// A POST of some bytes.
package struct HTTPRequest: Sendable {
  package var url: String
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]
  package var addressGuard: AddressGuard
  /// Name resolution, TCP and TLS together.
  package var connectTimeout: Duration = .seconds(10)
  /// From the start to the last byte of the answer.
  package var timeout: Duration = .seconds(15)
  /// How many bytes of the answer's body are kept; a longer one is cut and the connection closed.
  package var bodyLimit = 65_536

  package init(
    url: String, headers: [(name: String, value: String)] = [], body: [UInt8], addressGuard: AddressGuard
  ) {
    self.url = url
    self.headers = headers
    self.body = body
    self.addressGuard = addressGuard
  }
}

/// A receiver's answer.
package struct HTTPResponse: Sendable, Equatable {
  package var status: Int
  /// How long the receiver asks us to wait: `Retry-After` in seconds or as a date (RFC 9110 §10.2.3).
  package var retryAfter: Duration?
  package var body: [UInt8]
  /// The body was longer than the request's limit and is cut.
  package var isTruncated: Bool
  /// How long the whole exchange took.
  package var seconds: Double

  package init(
    status: Int, retryAfter: Duration? = nil, body: [UInt8] = [], isTruncated: Bool = false, seconds: Double = 0
  ) {
    self.status = status
    self.retryAfter = retryAfter
    self.body = body
    self.isTruncated = isTruncated
    self.seconds = seconds
  }

  /// 2xx; everything else, redirects included, is not.
  package var isSuccess: Bool { (200..<300).contains(status) }
}
