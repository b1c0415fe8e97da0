import DICOM
import EscrowCore
import EscrowEngine
import Hummingbird

/// `space`: what takes the spool's room, and what would give it back.
struct SpaceRoutes: Sendable {
  let context: EngineContext

  func add(to api: RouterGroup<some RequestContext>) {
    api.get("space") { request, _ in
      let limit = try Request.page(request.query(allowing: ["limit"])).limit
      let overview = try await context.ledger.space(studies: min(limit, 100), examining: SpaceBody.examined)
      return try JSON.response(SpaceBody(overview, disks: context.space.reports.map(DiskBody.init)))
    }
  }
}
