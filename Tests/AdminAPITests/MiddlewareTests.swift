import Hummingbird
import HummingbirdTesting
import Logging
import Testing

@testable import AdminAPI

@Suite struct MiddlewareTests {
  private func application() -> some ApplicationProtocol {
    let router = Router()
    router.add(middleware: ProblemResponses(logger: Logger(label: "test")))
    router.add(middleware: HostAndOriginCheck(hosts: ["localhost", "127.0.0.1", "[::1]"]))
    router.get("there") { _, _ in "here" }
    return Application(router: router)
  }

  @Test(arguments: [
    ("localhost", "localhost"), ("LOCALHOST:8042", "localhost"), ("127.0.0.1:80", "127.0.0.1"),
    ("[::1]:8042", "[::1]"), ("[::1]", "[::1]"), ("evil.example:8042", "evil.example"), ("", ""),
  ])
  func theHostNameIsTakenWithoutItsPort(authority: String, name: String) {
    #expect(HostAndOriginCheck<BasicRequestContext>.hostName(authority) == name)
  }

  @Test func foreignPagesAreRefused() async throws {
    try await application().test(.router) { client in
      try await client.execute(uri: "/there", method: .get, headers: [.origin: "http://evil.example"]) { response in
        #expect(response.status == .forbidden)
        #expect(String(buffer: response.body).contains("evil.example"))
      }
      try await client.execute(uri: "/there", method: .get) { #expect($0.status == .ok) }
    }
  }

  @Test func whatIsNotThereIsAProblemDocument() async throws {
    try await application().test(.router) { client in
      try await client.execute(uri: "/api/v1/nowhere", method: .get) { response in
        #expect(response.status == .notFound)
        #expect(response.headers[.contentType] == "application/problem+json")
      }
      // Elsewhere scripts of the reference system expect its own kind of error.
      try await client.execute(uri: "/nowhere", method: .get) { response in
        #expect(response.status == .notFound)
        let body = try response.body.object()
        #expect(body["OrthancStatus"] as? Int == 17)
      }
    }
  }
}
