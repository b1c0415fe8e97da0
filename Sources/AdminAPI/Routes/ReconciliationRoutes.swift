import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import Hummingbird

/// `reconciliation`: what came, against where it stands and against what its senders speak of.
struct ReconciliationRoutes: Sendable {
  let context: EngineContext

  func add(to api: RouterGroup<some RequestContext>) {
    api.get("reconciliation") { request, _ in try await day(request) }
    api.post("reconciliation") { request, _ in try await compare(request) }
  }

  private var reconciliation: Reconciliation { Reconciliation(context: context) }

  private func day(_ request: Request) async throws -> Response {
    let query = try request.query(allowing: ["day", "peer"])
    guard let day = reconciliation.day(query["day"]) else {
      throw ProblemDetails.badRequest("day: \((query["day"] ?? "").escaped) is no day; write it as 2026-11-27")
    }
    let peer = query["peer"].map { PeerName($0) }
    if let peer, context.settings.peers[peer] == nil, context.destinations[peer] == nil {
      throw ProblemDetails.badRequest("no peer \(peer.rawValue.escaped) is configured")
    }
    let missing = try await reconciliation.missing(
      on: day, askedBy: peer, limit: ReconciliationBody.listed + 1)
    return try await JSON.response(
      ReconciliationBody(day, reconciliation.tallies(of: day, from: peer), missing: missing))
  }

  private func compare(_ request: Request) async throws -> Response {
    let body = try await JSON.body(ReconciliationListBody.self, of: request, keys: ReconciliationListBody.keys)
    guard body.sopInstanceUIDs.count <= ReconciliationListBody.limit else {
      throw ProblemDetails.badRequest("at most \(ReconciliationListBody.limit) sopInstanceUIDs at once")
    }
    let uids = try body.sopInstanceUIDs.map { text in
      let uid = UID(text)
      guard uid.isValid else { throw ProblemDetails.badRequest("\(text.escaped) is not a valid UID") }
      return uid
    }
    return try await JSON.response(ComparisonBody(reconciliation.compare(uids), of: uids.count))
  }
}
