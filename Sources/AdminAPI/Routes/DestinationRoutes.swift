import EscrowCore
import EscrowEngine
import Hummingbird

/// `destinations/{name}`: what waits for a destination, and what an operator does to it.
struct DestinationRoutes: Sendable {
  let context: EngineContext

  func add(to api: RouterGroup<some RequestContext>) {
    api.get("destinations/:name") { request, parameters in
      try await show(PeerName(parameters.parameters.require("name")), request)
    }
    api.post("destinations/:name/drain") { request, parameters in
      try await drain(PeerName(parameters.parameters.require("name")), request)
    }
    api.post("destinations/:name/resume") { request, parameters in
      try await resume(PeerName(parameters.parameters.require("name")), request)
    }
    api.post("destinations/:name/repoint") { request, parameters in
      try await repoint(PeerName(parameters.parameters.require("name")), request)
    }
    api.post("destinations/:name/retire") { request, parameters in
      try await retire(PeerName(parameters.parameters.require("name")), request)
    }
  }

  private var operations: DestinationOperations { DestinationOperations(context: context) }

  private func show(_ name: PeerName, _ request: Request) async throws -> Response {
    let query = try request.query(allowing: ["limit"])
    let limit = try Request.page(query).limit
    let destination = try await StatusReport(context: context).body().destinations[name.rawValue]
    let waiting = try await context.ledger.waiting(for: name, limit: DestinationQueueBody.examined)
    guard destination != nil || !waiting.studies.isEmpty else { throw ProblemDetails(.unknown(name)) }
    return try JSON.response(
      DestinationQueueBody(
        name, destination, routes: operations.routes(to: name), waiting,
        reason: WaitingReason(context: context).ofAll(at: name), limit: limit))
  }

  private func drain(_ name: PeerName, _ request: Request) async throws -> Response {
    let body = try await body(request, keys: ["reason"])
    let reason = try body.mandatoryReason()
    try await explained { try await operations.drain(name, actor: OperatorRoutes.actor, reason: reason) }
    return try stop(name)
  }

  private func resume(_ name: PeerName, _ request: Request) async throws -> Response {
    let body = try await body(request, keys: ["reason"])
    let reason = try ResumeBody.checked(body.reason)
    guard try await operations.resume(name, actor: OperatorRoutes.actor, reason: reason) else {
      throw ProblemDetails.conflict("\(name.rawValue.escaped) is neither paused nor retired")
    }
    return try stop(name)
  }

  private func repoint(_ name: PeerName, _ request: Request) async throws -> Response {
    let body = try await body(request, keys: DestinationRequestBody.orderKeys.union(["to"]))
    guard let target = body.to, !target.isEmpty else {
      throw ProblemDetails.badRequest("to: name the destination that takes its place")
    }
    let order = try body.order()
    return try await change(name) { try await operations.repoint(name, to: PeerName(target), by: order) }
  }

  private func retire(_ name: PeerName, _ request: Request) async throws -> Response {
    let order = try await body(request, keys: DestinationRequestBody.orderKeys).order()
    return try await change(name) { try await operations.retire(name, by: order) }
  }

  private func change(
    _ name: PeerName, _ change: () async throws -> BulkResult<DeliveryID>
  ) async throws -> Response {
    let result = try await explained { try await ProblemDetails.conflictWhenUnexpected(change) }
    return try JSON.response(DestinationChangeBody(result, routes: operations.routes(to: name)))
  }

  private func stop(_ name: PeerName) throws -> Response {
    try JSON.response(
      DestinationStopBody(name: name.rawValue, stop: context.stops[name].map { StopBody($0) }))
  }

  private func body(_ request: Request, keys: Set<String>) async throws -> DestinationRequestBody {
    try await JSON.body(DestinationRequestBody.self, of: request, keys: keys)
  }

  private func explained<R>(_ work: () async throws -> R) async throws -> R {
    do { return try await work() } catch let error as DestinationError { throw ProblemDetails(error) }
  }
}

extension ProblemDetails {
  fileprivate init(_ error: DestinationError) {
    self =
      switch error {
      case .unknown: ProblemDetails(title: Self.unknownDestinationTitle, statusCode: 404, detail: "\(error)")
      case .itself: .badRequest("\(error)")
      case .stopped, .cannotProve: .conflict("\(error)")
      }
  }
}
