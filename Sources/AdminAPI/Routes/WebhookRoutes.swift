import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import Hummingbird

/// `/api/v1/webhooks`: the endpoints, what they were told, and what an operator does for one that was away.
struct WebhookRoutes: Sendable {
  typealias Ping = @Sendable (String) async throws -> WebhookPing

  let context: EngineContext
  let ping: Ping

  private var ledger: any Ledger { context.ledger }

  func add(to api: RouterGroup<some RequestContext>) {
    api.get("webhooks") { _, _ in
      try await JSON.response(ListBody(items: ledger.endpoints().map { WebhookEndpointBody($0) }, next: nil))
    }
    api.get("webhooks/:name/deliveries") { request, parameters in
      try await log(parameters.parameters.require("name"), request)
    }
    api.post("webhooks/:name/test") { _, parameters in try await test(parameters.parameters.require("name")) }
    api.post("webhooks/:name/replay") { request, parameters in
      try await replay(parameters.parameters.require("name"), request)
    }
  }

  private func log(_ name: String, _ request: Request) async throws -> Response {
    let query = try request.query(allowing: ReadRoutes.pageParameters)
    _ = try await endpoint(name)
    let page = try await ledger.webhookLog(name, page: Request.page(query))
    return try JSON.response(ListBody(items: page.items.map { WebhookDeliveryBody($0) }, next: page.next))
  }

  private func test(_ name: String) async throws -> Response {
    guard context.settings.webhooks.contains(where: { $0.name == name }) else {
      throw ProblemDetails.notFound("no webhook \(name.escaped) is configured")
    }
    return try await JSON.response(WebhookPingBody(ping(name)))
  }

  private func replay(_ name: String, _ request: Request) async throws -> Response {
    let body = try await JSON.body(WebhookReplayBody.self, of: request, keys: WebhookReplayBody.keys)
    if let reason = try await endpoint(name).disabled {
      throw ProblemDetails.conflict(
        "webhook \(name.escaped) is disabled (\(reason)): a successful test enables it, then replay")
    }
    let count = try await ledger.replayWebhooks(name, messageIDs: body.ids.map { Set($0) }, now: context.clock.now())
    context.webhooks()
    return try JSON.response(WebhookReplayedBody(replayed: count))
  }

  private func endpoint(_ name: String) async throws -> EndpointStatus {
    guard let found = try await ledger.endpoints().first(where: { $0.name == name }) else {
      throw ProblemDetails.notFound("no webhook \(name.escaped) is configured")
    }
    return found
  }
}
