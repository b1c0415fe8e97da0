import EscrowCore
import EscrowEngine
import Hummingbird

/// `GET /api/v1/events`: what happens, as server-sent events (WHATWG HTML §9.2).
struct EventRoutes: Sendable {
  let context: EngineContext

  func add(to api: RouterGroup<some RequestContext>) {
    api.get("events") { request, _ in try await events(request) }
  }

  /// From now on, or after the event that `Last-Event-ID` or `after` names.
  private func events(_ request: Request) async throws -> Response {
    let query = try request.query(allowing: ["after"])
    let lastID = request.headers.first { $0.name.canonicalName == "last-event-id" }?.value
    let start: Int64
    if let given = lastID ?? query["after"] {
      guard let number = Int64(given), number >= 0 else {
        throw ProblemDetails.badRequest("after and Last-Event-ID are an event's sequence, a number")
      }
      start = number
    } else {
      start = try await context.ledger.lastEvent()
    }
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: ResponseBody(asyncSequence: EventFeed(context: context, after: start)))
  }
}
