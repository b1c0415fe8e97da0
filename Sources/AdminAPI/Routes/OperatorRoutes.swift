import EscrowCore
import EscrowEngine
import Hummingbird

/// What an operator does by hand: `deliveries/{verb}`, `instances/{verb}`, `commitments/ask-again`, `purging/resume`.
struct OperatorRoutes: Sendable {
  let context: EngineContext

  /// Who is on record for what the API is asked: `api`, and who the request says it comes from. There are no accounts
  /// yet, so that is taken as it is said.
  @TaskLocal static var actor = "api"

  func add(to api: RouterGroup<some RequestContext>) {
    for verb in [DeliveryVerb.retry, .hold, .release, .cancel, .waive, .expedite] {
      api.post("deliveries/\(verb.rawValue)") { request, _ in try await change(verb, request) }
    }
    api.post("commitments/ask-again") { request, _ in try await change(.askAgain, request) }
    for verb in InstanceVerb.allCases {
      api.post("instances/\(verb.rawValue)") { request, _ in try await change(verb, request) }
    }
    api.post("instances/reroute") { request, _ in try await reroute(request) }
    api.post("purging/resume") { request, _ in try await resumePurging(request) }
  }

  private var changes: OperatorChanges { OperatorChanges(context: context) }

  private func change(_ verb: DeliveryVerb, _ request: Request) async throws -> Response {
    let body = try await JSON.body(
      BulkRequestBody<DeliveryFilterBody>.self, of: request, keys: BulkRequestBody<DeliveryFilterBody>.keys)
    let order = try body.order(actor: Self.actor, needsReason: verb.needsReason)
    var filter = try body.filter.domain(now: context.clock.now())
    try await WaitingReason(context: context).addDestinations(to: &filter, context.ledger)
    return try await Self.answer { [filter] in
      try await changes.change(filter, verb, by: order)
    } as: {
      BulkResultBody($0)
    }
  }

  private func change(_ verb: InstanceVerb, _ request: Request) async throws -> Response {
    let body = try await instances(request)
    let order = try body.order(actor: Self.actor, needsReason: true)
    let filter = try body.filter.domain(now: context.clock.now())
    return try await Self.answer {
      try await changes.change(filter, verb, by: order)
    } as: {
      BulkResultBody($0)
    }
  }

  private func reroute(_ request: Request) async throws -> Response {
    let body = try await instances(request)
    let order = try body.order(actor: Self.actor, needsReason: false)
    let filter = try body.filter.domain(now: context.clock.now())
    return try await Self.answer {
      try await changes.reroute(filter, by: order)
    } as: {
      BulkResultBody($0)
    }
  }

  private func instances(_ request: Request) async throws -> BulkRequestBody<InstanceFilterBody> {
    try await JSON.body(
      BulkRequestBody<InstanceFilterBody>.self, of: request, keys: BulkRequestBody<InstanceFilterBody>.keys)
  }

  private func resumePurging(_ request: Request) async throws -> Response {
    let body = try await JSON.body(ResumeBody.self, of: request, keys: ResumeBody.keys)
    let order = BulkOrder(
      actor: Self.actor, reason: try ResumeBody.checked(body.reason), dryRun: body.dryRun ?? false)
    return try await JSON.response(ResumedBody(resumed: changes.resumePurging(by: order)))
  }

  /// The result of a bulk change; 409 when another number matched than was expected.
  private static func answer<ID>(
    _ change: () async throws -> BulkResult<ID>, as body: (BulkResult<ID>) -> BulkResultBody
  ) async throws -> Response {
    try await JSON.response(body(ProblemDetails.conflictWhenUnexpected(change)))
  }
}

extension ProblemDetails {
  static let reasonNeeded = badRequest("a reason is needed: say why, for the record (`reason`, or --reason)")

  /// Does something that may find another number than expected, which is 409.
  static func conflictWhenUnexpected<R>(_ change: () async throws -> R) async throws -> R {
    do {
      return try await change()
    } catch let error as LedgerError {
      guard case .unexpectedCount = error else { throw error }
      throw conflict("\(error)")
    }
  }
}

extension DeliveryVerb {
  /// Whether it keeps an image from where a route wants it: then the record must say why.
  fileprivate var needsReason: Bool { [.hold, .cancel, .waive].contains(self) }
}
