import Testing

@testable import Webhooks

/// A request that may go to loopback.
func post(
  _ url: String, body: [UInt8] = Array("{}".utf8),
  addressGuard: AddressGuard = AddressGuard(owner: "webhook ops", allowed: loopback)
) -> HTTPRequest {
  HTTPRequest(url: url, headers: [("content-type", "application/json")], body: body, addressGuard: addressGuard)
}

/// Runs `body` with a transport and shuts it down.
func withTransport(_ body: (CurlTransport) async throws -> Void) async throws {
  let transport = try CurlTransport(.init(version: "1.2.3"))
  do {
    try await body(transport)
    await transport.shutdown()
  } catch {
    await transport.shutdown()
    throw error
  }
}

/// The error that `work` must throw.
func failure(_ work: () async throws -> HTTPResponse) async throws -> WebhookError {
  try #require(await #expect(throws: WebhookError.self) { _ = try await work() })
}
