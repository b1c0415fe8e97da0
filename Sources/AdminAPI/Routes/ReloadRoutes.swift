import EscrowConfiguration
import EscrowEngine
import Hummingbird

/// `POST /api/v1/reload`: reads the configuration and the routes again.
package struct ReloadRoutes: Sendable {
  /// Reads them again for whoever asked.
  package typealias Reload = @Sendable (_ actor: String) async throws -> ReloadBody

  let reload: Reload

  func add(to api: RouterGroup<some RequestContext>) {
    api.post("reload") { request, _ in
      _ = try await JSON.body(NoBody.self, of: request, keys: [])
      do {
        return try await JSON.response(reload("api"))
      } catch let error as ConfigurationError {
        throw ProblemDetails(error)
      } catch let error as RuleConflict {
        throw ProblemDetails.conflict("\(error)")
      } catch let error as ReloadError {
        throw ProblemDetails.conflict("\(error)")
      }
    }
  }

  private struct NoBody: Decodable {}
}

/// Why the configuration cannot be read again.
package enum ReloadError: Error, CustomStringConvertible {
  case noFile

  package var description: String { "this server was not started with a configuration file" }
}
