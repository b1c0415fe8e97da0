import EscrowCore
import Foundation
import NIOHTTP1
import Testing

@testable import Webhooks

@Suite struct CurlTransportTests {
  @Test func sendsExactlyWhatItWasGiven() async throws {
    try await TestReceiver.with(answer: { _ in .status(201, body: Array("thanks".utf8)) }) { receiver in
      try await withTransport { transport in
        let body: [UInt8] = [0, 1, 2, 0, 255] + Array(repeating: 7, count: 5000)
        let response = try await transport.send(post(receiver.url, body: body))
        #expect(response.status == 201 && response.body == Array("thanks".utf8) && !response.isTruncated)
        #expect(response.retryAfter == nil && response.isSuccess)
        let received = try #require(await receiver.next(1).first)
        #expect(received.body == body && received.head.method == .POST && received.head.uri == "/hook")
        #expect(received.head.version == .http1_1)
        let headers = received.head.headers
        #expect(headers["content-type"] == ["application/json"] && headers["user-agent"] == ["Escrow/1.2.3"])
        #expect(headers["expect"] == [] && headers["content-length"] == [String(body.count)])
      }
    }
  }

  @Test func sendsAnEmptyBody() async throws {
    try await TestReceiver.with { receiver in
      try await withTransport { transport in
        let response = try await transport.send(post(receiver.url, body: []))
        #expect(response.status == 200)
        #expect(receiver.received.first?.head.headers["content-length"] == ["0"])
      }
    }
  }

  @Test func sendsManyAtOnce() async throws {
    try await TestReceiver.with { receiver in
      try await withTransport { transport in
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
          for number in 0..<100 {
            group.addTask { try await transport.send(post(receiver.url, body: [UInt8(number)])).status }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: 100))
        #expect(Set(receiver.received.flatMap(\.body)) == Set(0..<100))
      }
    }
  }

  @Test(arguments: [301, 302, 307, 404, 410, 500])
  func returnsEveryStatusAsItIs(status: Int) async throws {
    let answer: @Sendable (Int) -> TestReceiver.Answer = { _ in .status(status, headers: [("location", "/elsewhere")]) }
    try await TestReceiver.with(answer: answer) { receiver in
      try await withTransport { transport in
        let response = try await transport.send(post(receiver.url))
        #expect(response.status == status && !response.isSuccess)
        #expect(receiver.received.count == 1)
      }
    }
  }

  @Test func readsRetryAfterInSeconds() async throws {
    try await TestReceiver.with(answer: { _ in .status(503, headers: [("Retry-After", "77")]) }) { receiver in
      try await withTransport { transport in
        let response = try await transport.send(post(receiver.url))
        #expect(response.retryAfter == .seconds(77))
      }
    }
  }

  @Test func readsRetryAfterAsDate() async throws {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    let date = formatter.string(from: Date(timeIntervalSinceNow: 1000))
    try await TestReceiver.with(answer: { _ in .status(429, headers: [("Retry-After", date)]) }) { receiver in
      try await withTransport { transport in
        let wait = try #require(try await transport.send(post(receiver.url)).retryAfter)
        #expect(wait <= .seconds(1000) && wait > .zero)
      }
    }
  }

  @Test(arguments: [65_535, 65_536, 65_537, 1_000_000])
  func cutsLongBodies(length: Int) async throws {
    let body = (0..<length).map { UInt8(truncatingIfNeeded: $0 / 251) }
    try await TestReceiver.with(answer: { _ in .status(200, body: body) }) { receiver in
      try await withTransport { transport in
        let response = try await transport.send(post(receiver.url))
        #expect(response.status == 200 && response.body == Array(body.prefix(65_536)))
        #expect(response.isTruncated == (length > 65_536))
      }
    }
  }

  @Test func aResetInTheBodyIsNoAnswer() async throws {
    try await TestReceiver.with(answer: { _ in .resetInBody }) { receiver in
      try await withTransport { transport in
        let error = try await failure { try await transport.send(post(receiver.url)) }
        guard case .transfer(let code, _) = error else { throw error }
        #expect([18, 56].contains(code))  // partial file, receive error
      }
    }
  }

  @Test func givesUpAfterTheTimeout() async throws {
    try await TestReceiver.with(answer: { _ in .hang }) { receiver in
      try await withTransport { transport in
        var request = post(receiver.url)
        request.timeout = .milliseconds(100)
        let error = try await failure { try await transport.send(request) }
        guard case .transfer(let code, _) = error else { throw error }
        #expect(code == 28)
      }
    }
  }

  @Test func nobodyListening() async throws {
    let url = try await TestReceiver.with { $0.url }
    try await withTransport { transport in
      let error = try await failure { try await transport.send(post(url)) }
      guard case .transfer(let code, let text) = error else { throw error }
      #expect(code == 7 && !text.isEmpty)
    }
  }
}
