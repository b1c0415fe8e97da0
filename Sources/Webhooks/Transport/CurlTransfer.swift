import CCurl

/// One request: its easy handle, where it may connect to, and what has come back. Confined to the loop's thread.
///
/// libcurl holds unretained pointers to it, so whoever drops it takes the handle from the multi handle first.
final class CurlTransfer {
  let id: UInt64
  let easy: UnsafeMutableRawPointer
  let addressGuard: AddressGuard
  let bodyLimit: Int
  private let continuation: CheckedContinuation<HTTPResponse, any Error>
  let errorText = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  /// Must live as long as the handle.
  var headers: UnsafeMutablePointer<curl_slist>?
  /// What has come of the answer's body.
  var body: [UInt8] = []
  var isTruncated = false
  /// Bytes that have come of the answer's header.
  var headerLength = 0
  /// The last address that the guard refused.
  var refusal: WebhookError?
  /// Whether any address was let through.
  var hasSocket = false

  private static let headerLimit = 65_536

  var hasLongHeader: Bool { headerLength > Self.headerLimit }

  init(
    _ id: UInt64, _ request: HTTPRequest, _ options: CurlTransport.Options,
    _ continuation: CheckedContinuation<HTTPResponse, any Error>
  ) throws(WebhookError) {
    guard let easy = curl_easy_init() else { throw .transfer(code: 0, text: "libcurl is out of memory") }
    self.id = id
    self.easy = easy
    self.continuation = continuation
    addressGuard = request.addressGuard
    bodyLimit = request.bodyLimit
    errorText.initialize(repeating: 0)
    try configure(request)
    try configureConnections(options)
    try configureCallbacks()
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headers)
    errorText.deallocate()
  }

  /// Answers the sender with what libcurl says about the end.
  func finish(_ code: CURLcode) { continuation.resume(with: outcome(code)) }

  /// Answers the sender with an error of ours.
  func fail(_ error: any Error) { continuation.resume(throwing: error) }

  private func outcome(_ code: CURLcode) -> Result<HTTPResponse, any Error> {
    // A body that we cut ends as a write error, but the answer is there.
    if code == CURLE_OK || (code == CURLE_WRITE_ERROR && isTruncated) { return .success(response) }
    if hasLongHeader {
      return .failure(
        WebhookError.transfer(
          code: Int(code.rawValue), text: "the answer's header is longer than \(Self.headerLimit) bytes"))
    }
    if let refusal, !hasSocket { return .failure(refusal) }
    let detail = errorText.baseAddress.map { String(cString: $0) } ?? ""
    let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    return .failure(WebhookError.transfer(code: Int(code.rawValue), text: text))
  }

  private var response: HTTPResponse {
    var status = 0
    var retryAfter: curl_off_t = 0
    var microseconds: curl_off_t = 0
    ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
    ccurl_get_offset(easy, CURLINFO_RETRY_AFTER, &retryAfter)
    ccurl_get_offset(easy, CURLINFO_TOTAL_TIME_T, &microseconds)
    return HTTPResponse(
      status: status, retryAfter: retryAfter > 0 ? .seconds(retryAfter) : nil, body: body, isTruncated: isTruncated,
      seconds: Double(microseconds) / 1_000_000)
  }
}
