import CCurl
import Glibc

/// libcurl's process-wide state.
enum CurlLibrary {
  /// Initializes libcurl once, before any handle is made, and keeps a closed connection from ending the process.
  static func prepare() throws(WebhookError) {
    try check(result)
  }

  private static let result: CURLcode = {
    signal(SIGPIPE, SIG_IGN)
    return curl_global_init(Int(CURL_GLOBAL_SSL))
  }()

  /// Turns every code but CURLE_OK into an error.
  static func check(_ code: CURLcode) throws(WebhookError) {
    guard code != CURLE_OK else { return }
    throw .transfer(code: Int(code.rawValue), text: String(cString: curl_easy_strerror(code)))
  }

  static func check(_ code: CURLMcode) throws(WebhookError) {
    guard code != CURLM_OK else { return }
    throw .transfer(code: Int(code.rawValue), text: String(cString: curl_multi_strerror(code)))
  }
}
