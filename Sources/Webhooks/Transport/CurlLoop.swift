import CCurl

/// The thread's loop: take messages → perform → collect what ended → poll. Confined to that thread.
struct CurlLoop {
  private let mailbox: CurlMailbox
  private let multi: UnsafeMutableRawPointer
  private let options: CurlTransport.Options
  /// The running transfers by their easy handle.
  private var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]
  /// Who waits for the end; non-nil once the end was asked for.
  private var stopping: [CheckedContinuation<Void, Never>]?

  init(_ mailbox: CurlMailbox, _ options: CurlTransport.Options) {
    self.mailbox = mailbox
    self.options = options
    multi = mailbox.multi.pointer
  }

  /// Runs until a stop message; afterwards no handle of libcurl is left.
  consuming func run() {
    while stopping == nil {
      for message in mailbox.takeAll() { handle(message) }
      do {
        try advance()
      } catch {
        failAll(error)
      }
    }
    failAll(WebhookError.shutDown)
    for message in mailbox.close() { message.refuse() }
    curl_multi_cleanup(multi)
    for continuation in stopping ?? [] { continuation.resume() }
  }

  private mutating func handle(_ message: CurlMailbox.Message) {
    switch message {
    case .start(let id, let request, let continuation): start(id, request, continuation)
    case .cancel(let id): end(transfers.first { $0.value.id == id }?.key) { $0.fail(CancellationError()) }
    case .stop(let continuation): stopping = (stopping ?? []) + [continuation].compactMap { $0 }
    }
  }

  private mutating func start(
    _ id: UInt64, _ request: HTTPRequest, _ continuation: CheckedContinuation<HTTPResponse, any Error>
  ) {
    do {
      let transfer = try CurlTransfer(id, request, options, continuation)
      try CurlLibrary.check(curl_multi_add_handle(multi, transfer.easy))
      transfers[transfer.easy] = transfer
    } catch {
      continuation.resume(throwing: error)
    }
  }

  /// Lets libcurl work on what is ready, then sleeps until a socket, one of its timers or a message is.
  private mutating func advance() throws(WebhookError) {
    var running: Int32 = 0
    try CurlLibrary.check(curl_multi_perform(multi, &running))
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left)?.pointee {
      guard message.msg == CURLMSG_DONE else { continue }
      end(message.easy_handle) { $0.finish(message.data.result) }
    }
    if stopping == nil { try CurlLibrary.check(curl_multi_poll(multi, nil, 0, 60_000, nil)) }
  }

  /// Takes a transfer from libcurl, then answers it: each one leaves `transfers` once, so it is answered once.
  private mutating func end(_ easy: UnsafeMutableRawPointer?, answer: (CurlTransfer) -> Void) {
    guard let easy, let transfer = transfers.removeValue(forKey: easy) else { return }
    curl_multi_remove_handle(multi, easy)
    answer(transfer)
  }

  private mutating func failAll(_ error: any Error) {
    for easy in Array(transfers.keys) { end(easy) { $0.fail(error) } }
  }
}
