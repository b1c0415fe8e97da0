import EscrowCore
import EscrowEngine
import Hummingbird

/// `legal-holds`: what must not be deleted, whoever asks for it.
struct LegalHoldRoutes: Sendable {
  let context: EngineContext

  func add(to api: RouterGroup<some RequestContext>) {
    api.get("legal-holds") { _, _ in
      try await JSON.response(ListBody(items: context.ledger.legalHolds().map { LegalHoldBody($0) }, next: nil))
    }
    api.post("legal-holds") { request, _ in try await begin(request) }
    api.delete("legal-holds") { request, _ in try await end(request) }
  }

  private func begin(_ request: Request) async throws -> Response {
    let body = try await body(request)
    guard body.dryRun == nil, body.expect == nil else {
      throw ProblemDetails.badRequest("a legal hold begins at once: dryRun and expect are for its end")
    }
    let hold = LegalHold(
      try body.subject(), by: OperatorRoutes.actor, reason: try body.mandatoryReason(), at: context.clock.now())
    guard let kept = try await context.ledger.begin(hold) else {
      throw ProblemDetails.conflict("there is a legal hold of \(hold.subject) already: `escrow legal-hold ls` says why")
    }
    return try JSON.response(LegalHoldChangeBody(instances: kept), status: .created)
  }

  private func end(_ request: Request) async throws -> Response {
    let body = try await body(request)
    let subject = try body.subject()
    let order = BulkOrder(
      actor: OperatorRoutes.actor, reason: try body.mandatoryReason(), expect: body.expect,
      dryRun: body.dryRun ?? false)
    let freed = try await ProblemDetails.conflictWhenUnexpected {
      try await OperatorChanges(context: context).endLegalHold(subject, by: order)
    }
    guard let freed else { throw ProblemDetails.notFound("there is no legal hold of \(subject)") }
    return try JSON.response(LegalHoldChangeBody(instances: freed))
  }

  private func body(_ request: Request) async throws -> LegalHoldRequestBody {
    try await JSON.body(LegalHoldRequestBody.self, of: request, keys: LegalHoldRequestBody.keys)
  }
}
