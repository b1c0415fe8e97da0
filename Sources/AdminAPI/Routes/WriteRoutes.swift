import DICOM
import EscrowCore
import EscrowEngine
import Hummingbird
import NIOCore

/// The changes of `/api/v1`: sending, asking for commitment, putting failed deliveries back into the queue.
struct WriteRoutes: Sendable {
  let context: EngineContext

  func add(to api: RouterGroup<some RequestContext>) {
    api.post("send") { request, _ in try await send(request) }
    api.post("commitments") { request, _ in try await commit(request) }
    api.post("deliveries/retry") { request, _ in try await retry(request) }
  }

  private func send(_ request: Request) async throws -> Response {
    let query = try request.query(allowing: ["to", "commit"])
    guard let destination = query["to"], !destination.isEmpty else {
      throw ProblemDetails.badRequest("to: name the destination, e.g. /api/v1/send?to=archive")
    }
    guard let commit = Bool(query["commit"] ?? "false") else {
      throw ProblemDetails.badRequest("commit must be true or false")
    }
    let sent = try await Submission(context: context).send(request.body, to: PeerName(destination), commit: commit)
    return try JSON.response(
      SentBody(instance: sent.instance.rawValue, delivery: sent.delivery.rawValue), status: .accepted)
  }

  private func commit(_ request: Request) async throws -> Response {
    let body = try await JSON.body(CommitmentRequestBody.self, of: request, keys: CommitmentRequestBody.keys)
    let references = try body.references.map { reference in
      let sop = SOPInstance(classUID: UID(reference.sopClassUID), instanceUID: UID(reference.sopInstanceUID))
      guard sop.classUID.isValid, sop.instanceUID.isValid else {
        throw ProblemDetails.badRequest("\(reference.sopInstanceUID.escaped) or its class is not a valid UID")
      }
      return sop
    }
    let uid = try await Submission(context: context).commit(references, at: PeerName(body.to), actor: "api")
    return try JSON.response(CommitmentAskedBody(transactionUID: uid.rawValue), status: .accepted)
  }

  private func retry(_ request: Request) async throws -> Response {
    let body = try await JSON.body(BulkRequestBody.self, of: request, keys: BulkRequestBody.keys)
    let filter = try body.filter.domain()
    let now = context.clock.now()
    if let expected = body.expect {
      let matched = try await context.ledger.requeue(
        filter, dryRun: true, actor: "api", reason: body.reason, now: now
      ).matched
      guard matched == expected else {
        throw ProblemDetails.conflict("\(matched) deliveries match, \(expected) were expected: nothing was changed")
      }
    }
    let result = try await context.ledger.requeue(
      filter, dryRun: body.dryRun ?? false, actor: "api", reason: body.reason, now: now)
    context.wakeQueues(of: result.destinations)
    context.wakeFollowers()
    return try JSON.response(BulkResultBody(result))
  }
}
