import EscrowConfiguration
package import EscrowCore
import EscrowEngine
import FoundationEssentials
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
      let (start, limit) = try (body.start(), body.checkedLimit())
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
  fileprivate func start() throws(ProblemDetails) -> InstanceID {
    if let cursor {
      let id = InstanceID(rawValue: cursor)
      guard id.isWellFormed else { throw .badRequest("cursor: \(cursor.escaped) is none of an answer") }
      return id
    }
    let styles = [true, false].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
    guard let since, let date = styles.lazy.compactMap({ try? $0.parse(since) }).first else {
      throw .badRequest("since: a moment such as 2026-11-23T08:15:30Z is needed")
    }
    return .before(Timestamp(microseconds: Int64(date.timeIntervalSince1970 * 1_000_000)))
  }

  fileprivate func checkedLimit() throws(ProblemDetails) -> Int {
    let limit = limit ?? 1000
    guard (1...1000).contains(limit) else { throw .badRequest("limit must be a number from 1 to 1000") }
    return limit
  }
}
