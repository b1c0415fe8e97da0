import CCurl
import EscrowCore

extension CurlTransfer {
  /// What is to be sent, and how long it may take.
  func configure(_ request: HTTPRequest) throws(WebhookError) {
    try set(CURLOPT_URL, request.url)
    for (name, value) in request.headers + [("Expect", "")] {
      guard let longer = curl_slist_append(headers, value.isEmpty ? "\(name):" : "\(name): \(value)") else {
        throw .transfer(code: 0, text: "libcurl is out of memory")
      }
      headers = longer
    }
    try CurlLibrary.check(ccurl_set_headers(easy, headers))
    try set(CURLOPT_POST, 1)
    try CurlLibrary.check(request.body.withUnsafeBytes { ccurl_set_body(easy, $0.baseAddress, curl_off_t($0.count)) })
    try set(CURLOPT_CONNECTTIMEOUT_MS, Int(request.connectTimeout.microseconds / 1000))
    try set(CURLOPT_TIMEOUT_MS, Int(request.timeout.microseconds / 1000))
  }

  /// How connections are made: no way around the guard, TLS verified.
  func configureConnections(_ options: CurlTransport.Options) throws(WebhookError) {
    try set(CURLOPT_USERAGENT, options.userAgent)
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    try set(CURLOPT_FOLLOWLOCATION, 0)
    try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
    // Settings in the environment would lead past the address guard.
    try set(CURLOPT_PROXY, "")
    try set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    try set(CURLOPT_SSL_VERIFYPEER, 1)
    try set(CURLOPT_SSL_VERIFYHOST, 2)
    try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let caFile = options.caFile { try set(CURLOPT_CAINFO, caFile) }
    // Names may move: a connection is used for five minutes at most.
    try set(CURLOPT_MAXLIFETIME_CONN, 300)
    try set(CURLOPT_NOSIGNAL, 1)
    // A name server that does not answer holds up its own transfer only, not the thread.
    try set(CURLOPT_QUICK_EXIT, 1)
  }

  /// Where libcurl reports to.
  func configureCallbacks() throws(WebhookError) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    try CurlLibrary.check(ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText.baseAddress))
    try CurlLibrary.check(ccurl_set_write_callback(easy, takeBody, context))
    try CurlLibrary.check(ccurl_set_header_callback(easy, takeHeader, context))
    try CurlLibrary.check(ccurl_set_open_socket_callback(easy, openSocket, context))
    try CurlLibrary.check(ccurl_set_pre_request_callback(easy, checkConnection, context))
  }

  private func set(_ option: CURLoption, _ value: Int) throws(WebhookError) {
    try CurlLibrary.check(ccurl_set_long(easy, option, value))
  }

  private func set(_ option: CURLoption, _ value: String) throws(WebhookError) {
    try CurlLibrary.check(ccurl_set_string(easy, option, value))
  }
}
