import EscrowCore
import EscrowEngine
import Hummingbird

/// `/api/v1/jobs`: what peers asked and the API wants sent, and what an operator does to it.
struct JobListRoutes: Sendable {
  let context: EngineContext

  private var ledger: any Ledger { context.ledger }

  func add(to api: RouterGroup<some RequestContext>) {
    api.get("jobs") { request, _ in try await list(request) }
    api.get("jobs/:id") { _, parameters in
      try await JSON.response(body(job(parameters.parameters.require("id"))))
    }
    for verb in JobVerb.allCases {
      api.post(RouterPath("jobs/:id/\(verb.rawValue)")) { _, parameters in
        try await change(parameters.parameters.require("id"), verb)
      }
    }
  }

  private func list(_ request: Request) async throws -> Response {
    let query = try request.query(allowing: ReadRoutes.pageParameters.union(["state", "kind"]))
    let filter = JobFilter(
      kinds: try query.list("kind").map { try parsed($0, as: JobKind.self, parameter: "kind") },
      states: try query.list("state").map { try parsed($0, as: JobState.self, parameter: "state") })
    let page = try await ledger.jobs(filter, page: Request.page(query))
    var items: [JobBody] = []
    for job in page.items { items.append(try await body(job)) }
    return try JSON.response(ListBody(items: items, next: page.next))
  }

  private func job(_ id: String) async throws -> Job {
    guard let job = try await ledger.job(JobID(rawValue: id)) else {
      throw ProblemDetails.notFound("there is no job \(id.escaped)")
    }
    return job
  }

  private func body(_ job: Job) async throws -> JobBody {
    try await JobBody(job, inquiry: ledger.inquiry(job.id), store: ledger.store(job.id))
  }

  private func change(_ id: String, _ verb: JobVerb) async throws -> Response {
    let job = try await job(id)
    guard try await ledger.change(job.id, verb, actor: OperatorRoutes.actor, now: context.clock.now()) == true else {
      throw ProblemDetails.conflict("the job is \(job.state.rawValue): \(verb.rawValue) does not apply")
    }
    context.wakeDestinations()
    context.wakeFollowers()
    return try await JSON.response(body(self.job(id)))
  }
}
