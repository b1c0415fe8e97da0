import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import Hummingbird

/// The queries of `/api/v1`.
struct ReadRoutes: Sendable {
  let context: EngineContext

  static let pageParameters: Set<String> = ["cursor", "limit"]
  private var ledger: any LedgerReading { context.ledger }

  func add(to api: RouterGroup<some RequestContext>) {
    api.get("status") { _, _ in try await JSON.response(StatusReport(context: context).body()) }
    api.get("destinations") { _, _ in
      try await JSON.response(ListBody(items: StatusReport(context: context).destinations(), next: nil))
    }
    api.get("routes") { _, _ in
      try JSON.response(ListBody(items: context.settings.routes.routes.map { RouteBody($0) }, next: nil))
    }
    api.get("sources") { _, _ in try await JSON.response(ListBody(items: SourceBody.all(context), next: nil)) }
    api.get("sources/unlisted") { _, _ in
      try await JSON.response(ListBody(items: UnlistedSenderBody.all(context), next: nil))
    }
    api.get("instances") { request, _ in try await instances(request) }
    api.get("deliveries") { request, _ in try await deliveries(request) }
    api.get("deliveries/:id") { _, parameters in
      try await delivery(parameters.parameters.require("id"))
    }
    api.get("trace/:uid") { _, parameters in try await trace(UID(parameters.parameters.require("uid"))) }
    api.get("commitments") { request, _ in try await commitments(request) }
    api.get("commitments/:uid") { _, parameters in
      try await commitment(UID(parameters.parameters.require("uid")))
    }
  }

  private func instances(_ request: Request) async throws -> Response {
    let query = try request.query(allowing: Self.pageParameters.union(InstanceFilterBody.keys))
    let filter = try InstanceFilterBody(query).anyDomain(now: context.clock.now())
    let page = try await ledger.instances(filter, page: Request.page(query))
    let waiting = WaitingReason(context: context)
    return try JSON.response(ListBody(items: page.items.map { InstanceBody($0, waiting) }, next: page.next))
  }

  private func deliveries(_ request: Request) async throws -> Response {
    let query = try request.query(allowing: Self.pageParameters.union(DeliveryFilterBody.keys))
    var filter = try DeliveryFilterBody(
      query, ids: query.list("id").map { try $0.map { try Self.deliveryID($0).rawValue } }
    ).anyDomain(now: context.clock.now())
    try await refuseUnknown(filter.destinations)
    let waiting = WaitingReason(context: context)
    try await waiting.addDestinations(to: &filter, ledger)
    let page = try await ledger.deliveries(filter, page: Request.page(query))
    return try JSON.response(ListBody(items: page.items.map { QueueBody($0, waiting) }, next: page.next))
  }

  /// A name that was never a destination here is a typing error; to answer it with an empty list would say all is well.
  private func refuseUnknown(_ names: Set<PeerName>?) async throws {
    for name in (names ?? []).sorted() where context.destinations[name] == nil {
      let known = try await ledger.count(DeliveryFilter(destinations: [name])) > 0
      guard known else {
        throw ProblemDetails.badRequest("no peer \(name.rawValue.escaped) with host and port is configured")
      }
    }
  }

  private func delivery(_ text: String) async throws -> Response {
    let id = try Self.deliveryID(text)
    let filter = DeliveryFilter(ids: [id])
    guard let record = try await ledger.deliveries(filter, page: PageRequest(limit: 1)).items.first else {
      throw ProblemDetails.notFound("there is no delivery \(id)")
    }
    return try JSON.response(QueueBody(record, WaitingReason(context: context)))
  }

  private static func deliveryID(_ text: String) throws(ProblemDetails) -> DeliveryID {
    guard let id = Int64(text) else { throw .badRequest("\(text.escaped) is not a delivery's number") }
    return DeliveryID(rawValue: id)
  }

  private func trace(_ uid: UID) async throws -> Response {
    let trace = try await ledger.trace(uid)
    let inquired = try await context.ledger.inquired(uid)
    guard !trace.instances.isEmpty || !trace.transactions.isEmpty || !inquired.isEmpty || trace.summary != nil else {
      throw ProblemDetails.notFound(
        "nothing is on record of \(uid.rawValue.escaped) as SOP Instance or Study Instance UID")
    }
    return try JSON.response(TraceBody(trace, inquired: inquired, WaitingReason(context: context)))
  }

  private func commitments(_ request: Request) async throws -> Response {
    let query = try request.query(allowing: Self.pageParameters.union(["to", "state", "sopInstanceUID"]))
    let filter = TransactionFilter(
      destinations: query.list("to").map { Set($0.map { PeerName($0) }) },
      states: try query.list("state").map { try parsed($0, as: TransactionRecord.State.self, parameter: "state") },
      sopInstanceUID: query["sopInstanceUID"].map { UID($0) })
    try await refuseUnknown(filter.destinations)
    let page = try await ledger.transactions(filter, page: Request.page(query))
    return try JSON.response(ListBody(items: page.items.map { CommitmentBody($0) }, next: page.next))
  }

  private func commitment(_ uid: UID) async throws -> Response {
    guard let record = try await ledger.transaction(uid) else {
      throw ProblemDetails.notFound("no transaction \(uid.rawValue.escaped) was ever opened here")
    }
    return try JSON.response(CommitmentBody(record))
  }
}
