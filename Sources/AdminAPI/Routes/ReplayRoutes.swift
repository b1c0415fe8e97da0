import EscrowConfiguration
package import EscrowCore
import EscrowEngine
import Hummingbird

/// `POST /api/v1/routes/replay`: what the route files as they are now would have done with what is on record.
package struct ReplayRoutes: Sendable {
  /// Reads the configuration's route files as they are now, and puts nothing in force.
  package typealias Reading = @Sendable () async throws -> RouteTable

  let context: EngineContext
  let routes: Reading

  func add(to api: RouterGroup<some RequestContext>) {
    api.post("routes/replay") { request, _ in
      let body = try await JSON.body(ReplayRequestBody.self, of: request, keys: ReplayRequestBody.keys)
      let (start, limit) = try (body.start(now: context.clock.now()), body.checkedLimit())
      let page = try await RouteReplay(read(), in: context).page(after: start, limit: limit)
      return try JSON.response(ReplayBody(page))
    }
  }

  private func read() async throws -> RouteTable {
    do { return try await routes() } catch let error as ConfigurationError {
      throw ProblemDetails.conflict("the configuration on disk has problems:\n\(error)")
    }
  }
}

extension ReplayRequestBody {
  /// After which instance to begin.
  fileprivate func start(now: Timestamp) throws(ProblemDetails) -> InstanceID {
    if let cursor {
      let id = InstanceID(rawValue: cursor)
      guard id.isWellFormed else { throw .badRequest("cursor: \(cursor.escaped) is none of an answer") }
      return id
    }
    guard let since, let moment = Moments.moment(since) ?? Moments.moment(before: now, by: since) else {
      throw .badRequest("since: say from when on, as 2026-11-23T08:15:30Z or, back from now, as 30s, 10m, 2h or 7d")
    }
    return .before(moment)
  }

  fileprivate func checkedLimit() throws(ProblemDetails) -> Int {
    let limit = limit ?? 1000
    guard (1...1000).contains(limit) else { throw .badRequest("limit must be a number from 1 to 1000") }
    return limit
  }
}
