import CCurl
import Foundation

/// HTTP by libcurl: one thread owns the multi handle and all easy handles, everybody else posts it messages.
///
/// Connections are kept and reused; the address guard is asked for every new connection and again before each
/// request on a kept one. Proxies, redirects, cookies, netrc and protocols other than http and https are off; TLS
/// is 1.2 or newer, certificate and host name verified.
package final class CurlTransport: HTTPSending {
  /// What holds for all requests of a transport.
  package struct Options: Sendable {
    package var userAgent: String
    /// Certificate authorities in PEM, instead of the system's.
    package var caFile: String?

    package init(version: String, caFile: String? = nil) {
      userAgent = "Escrow/\(version)"
      self.caFile = caFile
    }
  }

  private let mailbox: CurlMailbox

  /// Starts the thread.
  package init(_ options: Options) throws {
    try CurlLibrary.prepare()
    guard let multi = curl_multi_init() else { throw WebhookError.transfer(code: 0, text: "libcurl is out of memory") }
    let mailbox = CurlMailbox(MultiHandle(pointer: multi))
    self.mailbox = mailbox
    let thread = Thread { CurlLoop(mailbox, options).run() }
    thread.name = "escrow-curl"
    thread.start()
  }

  deinit { mailbox.post(.stop(nil)) }

  /// Sends a request. Cancelling the task ends the transfer; throws ``WebhookError`` or `CancellationError`.
  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    try Task.checkCancellation()
    let id = mailbox.nextID()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        mailbox.post(.start(id, request, continuation))
        // A cancellation before the line above found nothing to cancel; one after it is posted by the handler.
        if Task.isCancelled { mailbox.post(.cancel(id)) }
      }
    } onCancel: {
      mailbox.post(.cancel(id))
    }
  }

  /// Ends all transfers with ``WebhookError/shutDown`` and waits until the thread has let go of libcurl.
  package func shutdown() async {
    await withCheckedContinuation { mailbox.post(.stop($0)) }
  }
}
