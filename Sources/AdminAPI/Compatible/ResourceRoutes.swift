import DICOM
import EscrowCore
import EscrowEngine
import EscrowSpool
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// `/patients`, `/studies`, `/series`, `/instances`: what is here, as the reference system shows it.
struct ResourceRoutes: Sendable {
  let context: EngineContext

  private var ledger: any Ledger { context.ledger }
  private var finder: ResourceFinder { ResourceFinder(context: context) }

  func add(to routing: CompatibleRouting<some RequestContext>) {
    routing.add(
      "instances", get: { request, _ in try await list(.instance, request) },
      post: { request, _ in try await upload(request) })
    for level in ResourceLevel.allCases {
      if level != .instance { routing.add(level.path, get: { request, _ in try await list(level, request) }) }
      routing.add(
        "\(level.path)/:id", get: { _, context in try await show(level, context.parameters.require("id")) },
        delete: { request, context in
          try await delete(level, context.parameters.require("id"), isForced: request.isForced)
        })
      addRelatives(of: level, to: routing)
    }
    routing.add(
      "instances/:id/file", get: { _, context in try await file(context.parameters.require("id")) })
    routing.add(
      "instances/:id/tags",
      get: { request, context in
        let form: TagsBody.Form = request.has("simplify") ? .simplified : request.has("short") ? .short : .full
        return try await tags(context.parameters.require("id"), form)
      })
    routing.add(
      "instances/:id/simplified-tags",
      get: { _, context in try await tags(context.parameters.require("id"), .simplified) })
  }

  /// What is above and below a resource.
  private func addRelatives(of level: ResourceLevel, to routing: CompatibleRouting<some RequestContext>) {
    for other in ResourceLevel.allCases where other != level {
      let name = other > level ? other.path : other.type.lowercased()
      routing.add(
        "\(level.path)/:id/\(name)",
        get: { _, context in try await relatives(other, of: level, context.parameters.require("id")) })
    }
  }

  // MARK: Listing and showing

  private func list(_ level: ResourceLevel, _ request: Request) async throws -> Response {
    let (offset, limit) = try Self.page(request, path: level.path)
    let ids = try await ledger.resources(level, in: nil, offset: offset, limit: limit)
    guard request.has("expand") else { return try JSON.compatible(.array(ids.map { .string($0.rawValue) })) }
    return try await JSON.compatible(.array(bodies(level, ids)))
  }

  private func bodies(_ level: ResourceLevel, _ ids: [ResourceID]) async throws -> [JSONValue] {
    var bodies: [JSONValue] = []
    for id in ids {
      let instances = try await ledger.instances(of: Resource(level, id))
      // Deleted meanwhile.
      if !instances.isEmpty { bodies.append(try await finder.body(level, instances)) }
    }
    return bodies
  }

  /// `since` and `limit`, which come together or not at all.
  private static func page(_ request: Request, path: String) throws(CompatibleError) -> (offset: Int, limit: Int) {
    let (since, limit) = (request.uri.queryParameters["since"], request.uri.queryParameters["limit"])
    guard since != nil || limit != nil else { return (0, Int(Int32.max)) }
    for (name, value) in [("since", since), ("limit", limit)] where value == nil {
      throw CompatibleError(.badRequest, "Missing \"\(name)\" argument for GET request against: /\(path)/")
    }
    guard let offset = since.flatMap({ Int($0) }), let count = limit.flatMap({ Int($0) }) else {
      throw CompatibleError(.badParameterType, "Syntax error in some user-supplied data")
    }
    return (max(offset, 0), max(count, 0))
  }

  private func show(_ level: ResourceLevel, _ id: String) async throws -> Response {
    guard let instances = try await finder.instances(level, id) else { throw EmptyAnswer(status: .notFound) }
    return try await JSON.compatible(finder.body(level, instances))
  }

  private func relatives(_ other: ResourceLevel, of level: ResourceLevel, _ id: String) async throws -> Response {
    guard let instances = try await finder.instances(level, id), let first = instances.first else {
      throw CompatibleError(.unknownResource)
    }
    if other < level {
      let all = try await ledger.instances(of: Resource(other, first.resource(other)))
      return try await JSON.compatible(finder.body(other, all))
    }
    let ids = try await ledger.resources(
      other, in: Resource(level, first.resource(level)), offset: 0, limit: Int(Int32.max))
    return try await JSON.compatible(.array(bodies(other, ids)))
  }

  // MARK: Files

  private func instance(_ id: String) async throws -> Instance {
    guard let instance = try await finder.instances(.instance, id)?.first else {
      throw CompatibleError(.unknownResource)
    }
    return instance
  }

  private func tags(_ id: String, _ form: TagsBody.Form) async throws -> Response {
    let instance = try await instance(id)
    let dataSet = try await context.pool.runIfActive { [context] in
      try StoredInstance(instance, in: context).dataSet()
    }
    return try JSON.compatible(TagsBody(form: form).body(dataSet))
  }

  /// Streams the file; should it turn out damaged, the connection ends before its last byte.
  private func file(_ id: String) async throws -> Response {
    let instance = try await instance(id)
    let (stored, pool) = (StoredInstance(instance, in: context), context.pool)
    let file = try await pool.runIfActive { try stored.file() }
    let body = ResponseBody(contentLength: file.length) { writer in
      while let bytes = try await pool.runIfActive({ try file.next() }) {
        try await writer.write(ByteBuffer(bytes: bytes))
      }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok,
      headers: [
        .contentType: "application/dicom", .contentDisposition: "filename=\"\(instance.file.rawValue).dcm\"",
      ], body: body)
  }

  /// Takes a Part 10 file: routed as what comes from the network, and durable before this returns.
  private func upload(_ request: Request) async throws -> Response {
    do {
      let (instance, isNew) = try await Submission(context: context).take(request.body)
      return try JSON.compatible(
        .object([
          "ID": .string(instance.resource(.instance).rawValue),
          "ParentPatient": .string(instance.resource(.patient).rawValue),
          "ParentStudy": .string(instance.resource(.study).rawValue),
          "ParentSeries": .string(instance.resource(.series).rawValue),
          "Path": .string("/instances/\(instance.resource(.instance).rawValue)"),
          "Status": isNew ? "Success" : "AlreadyStored",
        ]))
    } catch let error as SubmissionError {
      switch error {
      case .notDICOM(let reason): throw CompatibleError(.badFileFormat, "Cannot parse an invalid DICOM file: \(reason)")
      case .noRoom(let reason): throw CompatibleError(.fullStorage, reason)
      default: throw error
      }
    }
  }

  // MARK: Deleting

  private func delete(_ level: ResourceLevel, _ id: String, isForced: Bool) async throws -> Response {
    guard let instances = try await finder.instances(level, id), let first = instances.first else {
      throw EmptyAnswer(status: .notFound)
    }
    var versions: [InstanceID] = []
    for instance in instances {
      let same = try await ledger.instances(
        InstanceFilter(sopInstanceUID: instance.sop.instanceUID), page: PageRequest(limit: 1000))
      let isSame = { (other: Instance) in
        other.state.isKept && other.resource(.instance) == instance.resource(.instance)
      }
      versions += same.items.map(\.instance).filter(isSame).map(\.id)
    }
    let removal = Removal(context: context)
    if isForced { try await removal.force(versions) } else { try await removal.remove(versions) }
    return try await JSON.compatible(.object(["RemainingAncestor": remainingAncestor(of: level, first)]))
  }

  private func remainingAncestor(of level: ResourceLevel, _ instance: Instance) async throws -> JSONValue {
    for ancestor in ResourceLevel.allCases.reversed() where ancestor < level {
      let id = instance.resource(ancestor)
      guard try await !ledger.instances(of: Resource(ancestor, id)).isEmpty else { continue }
      return .object([
        "ID": .string(id.rawValue), "Path": .string("/\(ancestor.path)/\(id.rawValue)"),
        "Type": .string(ancestor.type),
      ])
    }
    return .null
  }
}

extension Request {
  fileprivate var isForced: Bool { uri.queryParameters["force"] == "true" }
}
