import EscrowCore
import EscrowEngine
import Hummingbird

/// `maintenance`: whether anything is taken in.
struct MaintenanceRoutes: Sendable {
  let context: EngineContext

  func add(to api: RouterGroup<some RequestContext>) {
    api.get("maintenance") { _, _ in try JSON.response(MaintenanceBody(context.stops.intake)) }
    api.post("maintenance") { request, _ in try await change(request) }
  }

  private func change(_ request: Request) async throws -> Response {
    let body = try await JSON.body(MaintenanceRequestBody.self, of: request, keys: MaintenanceRequestBody.keys)
    let reason = try ResumeBody.checked(body.reason)
    let maintenance = Maintenance(context: context)
    if body.on {
      guard let reason else { throw ProblemDetails.reasonNeeded }
      guard try await maintenance.begin(actor: OperatorRoutes.actor, reason: reason) else {
        throw ProblemDetails.conflict("it is in maintenance already: \(context.stops.intake?.text ?? "")")
      }
    } else {
      guard try await maintenance.end(actor: OperatorRoutes.actor, reason: reason) else {
        throw ProblemDetails.conflict("it is not in maintenance")
      }
    }
    return try JSON.response(MaintenanceBody(context.stops.intake))
  }
}
