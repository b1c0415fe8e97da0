import Testing

@testable import Webhooks

/// Where a transport does not go.
@Suite struct CurlTransportGuardTests {
  @Test(arguments: [
    "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://", "http://u:p@127.0.0.1/",
  ])
  func refusesOtherURLs(url: String) async throws {
    try await withTransport { transport in
      let error = try await failure { try await transport.send(post(url)) }
      guard case .transfer(let code, _) = error else { throw error }
      #expect([1, 3, 67].contains(code))  // protocol, format, user in the URL
    }
  }

  @Test(arguments: [
    "127.0.0.1", "localhost", "0x7f000001", "2130706433", "017700000001", "127.1", "127.000.000.001", "[::1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "169.254.169.254", "[::ffff:169.254.169.254]", "0.0.0.0", "0", "[::]", "224.0.0.1", "255.255.255.255",
    "[fe80::1]", "[ff02::1]", "%31%32%37.0.0.1", "LOCALHOST", "0177.0.0.1", "0x7f.1",
    "127.1.2.3", "[0:0:0:0:0:0:0:1]", "[::ffff:0:127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2001:0:7f00:1::]",
    "[fe80::1%25lo]", "100.100.100.200", "168.63.129.16", "[fd00:ec2::254]",
  ])
  func theGuardSeesThroughSpellings(host: String) async throws {
    let error = try await refusal(of: host)
    guard case .refusedAddress = error else { throw error }
  }

  /// Whether these are names at all is up to the resolver; nothing may arrive in any case.
  @Test(arguments: [
    "localhost.", "ip6-localhost", "127.0.0.1.", "①②⑦.0.0.1", "127.0.0.1%00.example", "127.0.0.1\u{200B}",
  ])
  func oddSpellingsLeadNowhere(host: String) async throws {
    let error = try await refusal(of: host)
    if case .transfer(let code, _) = error { #expect([3, 6].contains(code)) }  // no URL, no such host
  }

  /// What comes of a request to `host`, at the port of a receiver that must not hear of it.
  private func refusal(of host: String) async throws -> WebhookError {
    try await TestReceiver.with { receiver in
      let transport = try CurlTransport(.init(version: "1"))
      let bare = AddressGuard(owner: "webhook ops")
      let url = "http://\(host):\(receiver.port)/"
      let error = try await failure { try await transport.send(post(url, addressGuard: bare)) }
      #expect(receiver.received.isEmpty)
      return error
    }
  }

  @Test func theGuardIsAskedForKeptConnectionsToo() async throws {
    try await TestReceiver.with { receiver in
      try await withTransport { transport in
        let response = try await transport.send(post(receiver.url))
        #expect(response.status == 200)
        let bare = AddressGuard(owner: "webhook lab")
        let error = try await failure { try await transport.send(post(receiver.url, addressGuard: bare)) }
        #expect(error.description.hasSuffix("add 127.0.0.0/8 to allowAddresses of webhook lab"))
        #expect(receiver.received.count == 1)
      }
    }
  }
}
