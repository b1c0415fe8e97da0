import EscrowCore
import EscrowEngine
import Hummingbird

/// `/health/live` and `/health/ready`, for whatever watches the process.
struct HealthRoutes: Sendable {
  let context: EngineContext
  let readiness: Readiness

  private struct Body: Codable {
    let status: String
    let checks: [String: String]
  }

  func add(to router: RouterGroup<some RequestContext>) {
    router.get("live") { _, _ in try JSON.response(Body(status: "live", checks: [:])) }
    router.get("ready") { _, _ in try await ready() }
  }

  private func ready() async throws -> Response {
    var checks = ["listening": readiness.isListening ? "ok" : "not yet", "draining": context.isDraining ? "yes" : "ok"]
    let wrong = context.space.reports.filter { $0.level == .full }.map { "\($0.content): \($0.reason ?? "full")" }
    checks["disk"] = wrong.isEmpty ? "ok" : wrong.joined(separator: "; ")
    checks["intake"] = context.stops.intake.map { "in maintenance: \($0.text)" } ?? "ok"
    do {
      _ = try await context.ledger.lastEvent()
      checks["ledger"] = "ok"
    } catch {
      checks["ledger"] = "\(error)"
    }
    let isReady = checks.values.allSatisfy { $0 == "ok" }
    return try JSON.response(
      Body(status: isReady ? "ready" : "not ready", checks: checks), status: isReady ? .ok : .serviceUnavailable)
  }
}
