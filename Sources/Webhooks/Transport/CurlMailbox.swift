import CCurl
import NIOConcurrencyHelpers

/// The multi handle as it crosses from the one who makes it to the thread that owns it.
///
/// `@unchecked Sendable`: only the loop's thread uses it, except for `curl_multi_wakeup`, which libcurl allows from
/// any thread and ``CurlMailbox`` calls only under the lock that is taken before the handle is freed.
struct MultiHandle: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
}

/// Messages for the loop's thread.
final class CurlMailbox: Sendable {
  enum Message: Sendable {
    case start(UInt64, HTTPRequest, CheckedContinuation<HTTPResponse, any Error>)
    case cancel(UInt64)
    /// Told when the thread has ended.
    case stop(CheckedContinuation<Void, Never>?)

    /// Answers a message that the loop will not take any more.
    func refuse() {
      switch self {
      case .start(_, _, let continuation): continuation.resume(throwing: WebhookError.shutDown)
      case .cancel: break
      case .stop(let continuation): continuation?.resume()
      }
    }
  }

  private struct State {
    var messages: [Message] = []
    var lastID: UInt64 = 0
    /// Nil when the loop has ended.
    var multi: MultiHandle?
  }

  let multi: MultiHandle
  private let state: NIOLockedValueBox<State>

  init(_ multi: MultiHandle) {
    self.multi = multi
    state = NIOLockedValueBox(State(multi: multi))
  }

  func nextID() -> UInt64 {
    state.withLockedValue {
      $0.lastID += 1
      return $0.lastID
    }
  }

  /// Leaves a message and wakes the loop; once the loop has ended, the message is refused.
  func post(_ message: Message) {
    let taken = state.withLockedValue { state in
      guard let multi = state.multi else { return false }
      state.messages.append(message)
      curl_multi_wakeup(multi.pointer)
      return true
    }
    if !taken { message.refuse() }
  }

  func takeAll() -> [Message] {
    state.withLockedValue { state in
      defer { state.messages = [] }
      return state.messages
    }
  }

  /// Takes nothing more and wakes nobody more; returns what was not taken.
  func close() -> [Message] {
    state.withLockedValue { state in
      defer { state.messages = [] }
      state.multi = nil
      return state.messages
    }
  }
}
