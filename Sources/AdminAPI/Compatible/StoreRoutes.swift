import DICOM
import EscrowCore
import EscrowEngine
import Foundation
import Hummingbird

/// `/modalities/{id}/store`: sends what is here to a peer, and asks it for commitment if so wished.
struct StoreRoutes: Sendable {
  let context: EngineContext

  func add(to routing: CompatibleRouting<some RequestContext>) {
    routing.add(
      "modalities/:id/store",
      post: { request, context in try await store(context.parameters.require("id"), request) })
  }

  /// What is wished, as it was written.
  private struct Wish {
    var resources: [String] = []
    var commits = false
    var isSynchronous = true
    var isPermissive = false
    var priority = 0
    /// In seconds; 0 for none.
    var timeout = 0

    init(_ bytes: Data) throws(CompatibleError) {
      let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
      guard let body = JSONValue(bytes) ?? (ResourceID(rawValue: text).isValid ? .string(text) : nil) else {
        throw CompatibleError(.badFileFormat, "Must provide a JSON value")
      }
      switch body {
      case .string(let id) where ResourceID(rawValue: id).isValid: resources = [id]
      case .array(let items): resources = try Self.identifiers(items)
      case .object:
        guard let list = body["Resources"] else {
          throw CompatibleError(.badFileFormat, "Missing field in JSON: \"Resources\"")
        }
        guard let items = list.items else {
          throw CompatibleError(.badFileFormat, "JSON field \"Resources\" must contain an array")
        }
        resources = try Self.identifiers(items)
        try read(body)
      default:
        throw CompatibleError(.badFileFormat, "Must provide a JSON object, or a JSON array of strings")
      }
    }

    private static func identifiers(_ items: [JSONValue]) throws(CompatibleError) -> [String] {
      var identifiers: [String] = []
      for item in items {
        guard let id = item.string else {
          throw CompatibleError(
            .badFileFormat, "Resources to be exported must be specified as a JSON array of strings")
        }
        guard ResourceID(rawValue: id).isValid else {
          throw CompatibleError(.badFileFormat, "This string is not a valid Orthanc identifier: \(id.escaped)")
        }
        identifiers.append(id)
      }
      return identifiers
    }

    private mutating func read(_ body: JSONValue) throws(CompatibleError) {
      if let value = body["StorageCommitment"] {
        guard case .bool(let commits) = value else { throw CompatibleError(.badParameterType) }
        self.commits = commits
      }
      if let isSynchronous = try body.boolean("Synchronous") { self.isSynchronous = isSynchronous }
      if let isAsynchronous = try body.boolean("Asynchronous") { isSynchronous = !isAsynchronous }
      isPermissive = try body.boolean("Permissive") ?? false
      priority = try body.integer("Priority") ?? 0
      timeout = try body.unsigned("Timeout") ?? 0
    }
  }

  private func store(_ name: String, _ request: Request) async throws -> Response {
    let destination = try ModalityRoutes(context: context).destination(name)
    let wish = try Wish(try await request.wholeBody())
    if wish.commits, !destination.peer.allow.contains(.report) {
      throw CompatibleError(
        .badSequenceOfCalls, "\(SubmissionError.cannotReport(destination.name))", status: .conflict)
    }
    var instances: [InstanceID] = []
    for id in wish.resources { instances += try await ResourceFinder(context: context).instances(of: id).map(\.id) }
    let store = ModalityStore(
      job: .new(), peer: destination.name, instances: instances,
      resources: wish.resources.map(ResourceID.init(rawValue:)), priority: wish.priority,
      isPermissive: wish.isPermissive, transactionUID: wish.commits ? .newTransaction() : nil)
    try await context.ledger.submit(store, now: context.clock.now())
    context.wakeFollowers()
    let failures = destination.health.current.failures
    destination.hurry(moment: context.clock.monotonic())
    if wish.isSynchronous {
      return try await wait(for: store.job, at: destination, failures: failures, timeout: wish.timeout)
    }
    return try JSON.compatible(.object(Self.path(of: store.job)))
  }

  private static func path(of job: JobID) -> [String: JSONValue] {
    ["ID": .string(job.rawValue), "Path": .string("/jobs/\(job.rawValue)")]
  }

  /// Until the job has ended. When the destination fails again beyond so many `failures`, or makes no progress in time,
  /// the caller is told so; the job goes on.
  private func wait(
    for job: JobID, at destination: Destination, failures: Int, timeout: Int
  ) async throws -> Response {
    var failures = failures
    var lastProgress = (done: -1, at: context.clock.monotonic())
    var pause = Duration.milliseconds(10)
    while true {
      guard let store = try await context.ledger.store(job) else { throw CompatibleError(.internalError) }
      switch store.job.state {
      case .success: return try JSON.compatible(.object(StoreContent(context: context).body(store)))
      case .failure: throw CompatibleError(.network, store.job.failure?.text, more: Self.path(of: job))
      default: break
      }
      let now = context.clock.monotonic()
      if store.job.done > lastProgress.done { lastProgress = (store.job.done, now) }
      let health = destination.health.current
      // They are counted anew after an instance was stored.
      failures = min(failures, health.failures)
      var trouble = health.failures > failures ? health.trouble : nil
      if context.destinations[destination.name] !== destination {
        trouble = "the modality \(destination.name) was changed or removed"
      }
      if store.job.state == .paused { trouble = trouble ?? "the job is paused" }
      if timeout > 0, now.since(lastProgress.at) > .seconds(timeout) {
        trouble = trouble ?? "no progress within \(timeout) s"
      }
      if context.isDraining { trouble = trouble ?? "the router is being stopped" }
      if let trouble {
        throw CompatibleError(
          .network, "\(trouble). The job goes on by itself: see \(job)", more: Self.path(of: job))
      }
      try await Task.sleep(for: pause)
      pause = min(pause * 1.2, .milliseconds(250))
    }
  }
}
