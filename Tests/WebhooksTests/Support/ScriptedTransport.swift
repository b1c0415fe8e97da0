import NIOConcurrencyHelpers

@testable import Webhooks

/// Answers requests as a test says, without a network.
final class ScriptedTransport: HTTPSending {
  private let log = NIOLockedValueBox<[HTTPRequest]>([])
  private let answer: @Sendable (Int, HTTPRequest) async throws -> HTTPResponse

  /// `answer` gets the number of the request, from 0.
  init(_ answer: @escaping @Sendable (Int, HTTPRequest) async throws -> HTTPResponse) { self.answer = answer }

  /// What was sent so far.
  var requests: [HTTPRequest] { log.withLockedValue { $0 } }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let count = log.withLockedValue { log in
      log.append(request)
      return log.count
    }
    return try await answer(count - 1, request)
  }
}

extension HTTPRequest {
  /// The value of the header `name`.
  subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
}
