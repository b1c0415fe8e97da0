import EscrowCore
import NIOCore
import Testing

@testable import Webhooks

/// Receivers that answer wrongly, slowly, without end or not at all: every request ends, with bounded memory.
@Suite struct HostileReceiverTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [RawReceiver.Step]
    var start = RawReceiver.Start.whenSomethingComes
    /// The status that counts as the answer; nil when there must be none.
    var status: Int?
    /// libcurl's codes that are right when there is no answer; empty for any.
    var codes: Set<Int> = []

    var testDescription: String { name }
  }

  private static let soon = TimeAmount.milliseconds(5)
  private static let ok = "HTTP/1.1 200 OK\r\n"
  private static let line = "x-filler: " + String(repeating: "y", count: 2000) + "\r\n"

  static let cases: [Case] = [
    Case(name: "never answers", steps: [], codes: [28]),
    Case(
      name: "sends its header byte by byte", steps: [.send(ok + "x: "), .repeatedly("y", every: soon)], codes: [28]),
    Case(name: "sends header lines without end", steps: [.send(ok), .repeatedly(line, every: .zero)], codes: [23]),
    Case(
      name: "sends a header line without end",
      steps: [.send(ok + "x: "), .repeatedly(String(repeating: "y", count: 2000), every: .zero)], codes: [23, 27, 56]),
    Case(
      name: "says 100 without end", steps: [.repeatedly("HTTP/1.1 100 Continue\r\n\r\n", every: .zero)],
      codes: [23, 28]),
    Case(
      name: "says 100 and means it",
      steps: [.send("HTTP/1.1 100 Continue\r\n\r\n" + ok + "content-length: 0\r\n\r\n")], status: 200),
    Case(
      name: "says 100 at once, before it was asked",
      steps: [.send("HTTP/1.1 100 Continue\r\n\r\n" + ok + "content-length: 0\r\n\r\n")], start: .atOnce, status: 200),
    Case(name: "says 100 and no more", steps: [.send("HTTP/1.1 100 Continue\r\n\r\n")], codes: [28]),
    Case(
      name: "gives early hints",
      steps: [.send("HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n" + ok + "content-length: 0\r\n\r\n")], status: 200),
    Case(name: "switches protocols", steps: [.send("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"), .close]),
    Case(
      name: "sends a body without end",
      steps: [.send(ok + "\r\n"), .repeatedly(String(repeating: "z", count: 8000), every: .zero)], status: 200),
    Case(
      name: "sends chunks without end",
      steps: [
        .send(ok + "transfer-encoding: chunked\r\n\r\n"),
        .repeatedly("1f40\r\n" + String(repeating: "z", count: 8000) + "\r\n", every: .zero),
      ], status: 200),
    Case(
      name: "drips its body", steps: [.send(ok + "content-length: 1000000\r\n\r\n"), .repeatedly("z", every: soon)],
      codes: [28]),
    Case(
      name: "sends trailers without end",
      steps: [.send(ok + "transfer-encoding: chunked\r\n\r\n0\r\n"), .repeatedly(line, every: .zero)]),
    Case(name: "sends less than it says", steps: [.send(ok + "content-length: 9\r\n\r\nabc"), .close], codes: [18]),
    Case(name: "sends less than it says and waits", steps: [.send(ok + "content-length: 9\r\n\r\nabc")], codes: [28]),
    Case(
      name: "sends more than it says", steps: [.send(ok + "content-length: 3\r\n\r\nabc" + ok + "\r\n")], status: 200),
    Case(name: "has a negative length", steps: [.send(ok + "content-length: -3\r\n\r\nabc"), .close]),
    Case(name: "has a length that is no number", steps: [.send(ok + "content-length: many\r\n\r\nabc"), .close]),
    Case(name: "has a bad chunk", steps: [.send(ok + "transfer-encoding: chunked\r\n\r\nzz\r\n")], codes: [56]),
    Case(name: "closes at once", steps: [.close], start: .atOnce),
    Case(name: "closes when it was asked", steps: [.close], codes: [52, 56]),
    Case(name: "resets at once", steps: [.reset], start: .atOnce),
    Case(name: "resets in the header", steps: [.send(ok), .reset], codes: [52, 56]),
    Case(name: "resets in the body", steps: [.send(ok + "content-length: 9\r\n\r\nabc"), .reset], codes: [18, 56]),
    Case(name: "speaks something else", steps: [.send("220 mail.example ESMTP\r\n"), .close], codes: [1]),
    Case(name: "speaks before it was asked", steps: [.send("SSH-2.0-x\r\n"), .close], start: .atOnce),
    Case(name: "has a strange status", steps: [.send("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n")], status: 999),
    Case(name: "says HTTP/9", steps: [.send("HTTP/9.9 200 OK\r\n\r\n"), .close], codes: [1]),
  ]

  @Test(arguments: cases) func everyRequestEnds(_ odd: Case) async throws {
    try await RawReceiver.with(odd.steps, start: odd.start) { receiver in
      try await withTransport { transport in
        var request = post("http://127.0.0.1:\(receiver.port)/hook")
        #expect(request.timeout == .seconds(15))
        // Only what nothing else can end is ended by the time.
        if odd.codes.contains(28) { request.timeout = .milliseconds(700) }
        do {
          let response = try await transport.send(request)
          #expect(odd.status == nil || response.status == odd.status)
          #expect(odd.status != nil || !response.isSuccess)
          #expect(response.body.count <= request.bodyLimit)
        } catch let error as WebhookError {
          guard case .transfer(let code, let text) = error else { throw error }
          #expect(odd.status == nil, "\(code) \(text)")
          #expect(odd.codes.isEmpty || odd.codes.contains(code), "\(code) \(text)")
        }
      }
    }
  }

  /// What was sent too much is not taken for the answer to the next request.
  @Test func anAnswerTooManyIsForNobody() async throws {
    let twice = Self.ok + "content-length: 2\r\n\r\nok" + "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"
    try await RawReceiver.with([.send(twice)]) { receiver in
      try await withTransport { transport in
        for _ in 1...3 {
          let response = try await transport.send(post("http://127.0.0.1:\(receiver.port)/hook"))
          #expect(response.body == Array("ok".utf8))
        }
        #expect(receiver.count == 3, "a connection with something left on it is not used again")
      }
    }
  }

  @Test func aHandshakeThatHangsEnds() async throws {
    try await RawReceiver.with([]) { receiver in
      try await withTransport { transport in
        var request = post("https://127.0.0.1:\(receiver.port)/hook")
        #expect(request.connectTimeout == .seconds(10))
        request.connectTimeout = .milliseconds(300)
        let error = try await failure { try await transport.send(request) }
        guard case .transfer(let code, _) = error else { throw error }
        #expect(code == 28)
      }
    }
  }

  @Test func aRedirectIsAFailureAndNeverFollowed() async throws {
    try await TestReceiver.with { elsewhere in
      for status in [301, 302, 303, 307, 308] {
        let url = elsewhere.url
        let answer: @Sendable (Int) -> TestReceiver.Answer = { _ in .status(status, headers: [("location", url)]) }
        try await TestReceiver.with(answer: answer) { receiver in
          let outbox = FakeOutbox()
          let clock = ManualClock()
          let transport = try CurlTransport(.init(version: "1"))
          let dispatcher = WebhookDispatcher(
            outbox: outbox, endpoints: [try endpoint(url: receiver.url)], transport: transport, timing: clock.timing,
            logger: LogLines().logger)
          await outbox.add("ops", at: clock.now)
          try await running(dispatcher) {
            let result = await next(outbox.tries)
            #expect(result?.status == status && result?.error == "HTTP \(status): redirects are not followed")
            #expect(result?.next == .again(at: clock.now + .seconds(5)))
          }
          await transport.shutdown()
        }
      }
      #expect(elsewhere.received.isEmpty)
    }
  }
}
