import DICOM
import EscrowCore
import EscrowEngine
import Hummingbird
import NIOCore

/// What `/api/v1` takes in: instances to send, and requests for commitment.
struct WriteRoutes: Sendable {
  let context: EngineContext

  func add(to api: RouterGroup<some RequestContext>) {
    api.post("send") { request, _ in try await send(request) }
    api.post("commitments") { request, _ in try await commit(request) }
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
    let uid = try await Submission(context: context).commit(
      references, at: PeerName(body.to), actor: OperatorRoutes.actor)
    return try JSON.response(CommitmentAskedBody(transactionUID: uid.rawValue), status: .accepted)
  }
}
