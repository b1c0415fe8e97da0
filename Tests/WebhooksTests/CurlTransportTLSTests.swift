import EscrowCore
import Foundation
import NIOSSL
import Testing

@testable import Webhooks

@Suite struct CurlTransportTLSTests {
  private let addressGuard = AddressGuard(owner: "webhook ops", allowed: loopback)

  /// The status or error of a request to a receiver that shows `certificate`.
  private func send(
    _ certificate: TestCertificate, trusting ca: TestCertificate?, oldTLS: Bool = false
  ) async throws
    -> HTTPResponse
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "escrow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "ca.pem")
    try ca.map { try Data($0.certificate.utf8).write(to: file) }
    let transport = try CurlTransport(.init(version: "1", caFile: ca.map { _ in file.path }))
    let context = try certificate.serverContext(maximum: oldTLS ? .tlsv11 : nil)
    return try await TestReceiver.with(tls: context) { receiver in
      let url = "https://127.0.0.1:\(receiver.port)/hook"
      return try await transport.send(HTTPRequest(url: url, body: [1], addressGuard: addressGuard))
    }
  }

  @Test func trustsTheGivenAuthority() async throws {
    #expect(try await send(.loopback, trusting: .loopback).status == 200)
  }

  @Test func refusesAnUnknownAuthority() async throws {
    let error = await #expect(throws: WebhookError.self) { _ = try await send(.loopback, trusting: nil) }
    guard case .transfer(60, _) = error else { throw try #require(error) }
  }

  @Test func refusesAnotherName() async throws {
    let error = await #expect(throws: WebhookError.self) { _ = try await send(.otherName, trusting: .otherName) }
    guard case .transfer(60, _) = error else { throw try #require(error) }
  }

  @Test func refusesOldTLS() async throws {
    let error = await #expect(throws: WebhookError.self) {
      _ = try await send(.loopback, trusting: .loopback, oldTLS: true)
    }
    guard case .transfer(35, _) = error else { throw try #require(error) }
  }
}
