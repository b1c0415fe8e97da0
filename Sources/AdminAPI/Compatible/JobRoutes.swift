import DICOM
import EscrowCore
import EscrowEngine
import Foundation
import Hummingbird

/// `/jobs`: what is asked for and outlives the asking, as the reference system lists it.
struct JobRoutes: Sendable {
  let context: EngineContext

  private var ledger: any Ledger { context.ledger }

  func add(to routing: CompatibleRouting<some RequestContext>) {
    routing.add("jobs", get: { request, _ in try await list(request) })
    routing.add(
      "jobs/:id", get: { _, context in try await show(context.parameters.require("id")) },
      delete: { _, context in try await delete(context.parameters.require("id")) })
    for verb in JobVerb.allCases {
      routing.add(
        "jobs/:id/\(verb.rawValue)", get: { _, _ in throw Self.noOutput(verb.rawValue) },
        post: { _, context in try await change(context.parameters.require("id"), verb) })
    }
    routing.add(
      "jobs/:id/:key",
      get: { _, context in throw Self.noOutput(try context.parameters.require("key")) })
  }

  private static func noOutput(_ key: String) -> CompatibleError {
    CompatibleError(.inexistentItem, "Job has no such output: \(key.escaped)")
  }

  private func list(_ request: Request) async throws -> Response {
    var jobs: [Job] = []
    var page = PageRequest(limit: 1000)
    repeat {
      let part = try await ledger.jobs(JobFilter(), page: page)
      jobs += part.items
      page.cursor = part.next
    } while page.cursor != nil
    jobs.sort { $0.id < $1.id }
    guard request.has("expand") else { return try JSON.compatible(.array(jobs.map { .string($0.id.rawValue) })) }
    var bodies: [JSONValue] = []
    for job in jobs { bodies.append(try await body(job)) }
    return try JSON.compatible(.array(bodies))
  }

  private func show(_ id: String) async throws -> Response {
    guard let job = try await ledger.job(JobID(rawValue: id)) else { throw EmptyAnswer(status: .notFound) }
    return try await JSON.compatible(body(job))
  }

  private func delete(_ id: String) async throws -> Response {
    switch try await ledger.deleteJob(JobID(rawValue: id), actor: OperatorRoutes.actor, now: context.clock.now()) {
    case true?: return try JSON.response(JSONValue.object([:]))
    case false?:
      throw CompatibleError(
        .badSequenceOfCalls, "The job has not ended: cancel it first", status: .conflict)
    case nil: throw EmptyAnswer(status: .notFound)
    }
  }

  private func change(_ id: String, _ verb: JobVerb) async throws -> Response {
    let isDone = try await ledger.change(
      JobID(rawValue: id), verb, actor: OperatorRoutes.actor, now: context.clock.now())
    guard isDone == true else { throw EmptyAnswer(status: .badRequest) }
    context.wakeDestinations()
    context.wakeFollowers()
    return try JSON.response(JSONValue.object([:]))
  }

  // MARK: Showing

  private func body(_ job: Job) async throws -> JSONValue {
    let shown = shownState(of: job)
    let ended = job.completedAt ?? context.clock.now()
    var body: [String: JSONValue] = [
      "ID": .string(job.id.rawValue), "Type": .string(job.kind.rawValue), "State": .string(shown.state.rawValue),
      "Priority": .int(job.priority), "Progress": .int(job.progress), "Content": .object(try await content(of: job)),
      "ErrorCode": .int(shown.failure?.code.rawValue ?? 0),
      "ErrorDescription": .string(shown.failure?.code.description ?? "Success"),
      "ErrorDetails": .string(shown.failure?.text ?? ""), "CreationTime": .string(job.createdAt.compatible),
      "Timestamp": .string(context.clock.now().compatible),
      "EffectiveRuntime": .double(max(ended.since(job.createdAt).inSeconds, 0)),
    ]
    if let completedAt = job.completedAt { body["CompletionTime"] = .string(completedAt.compatible) }
    return .object(body)
  }

  /// What is being sent to a destination that cannot be reached tries again, and says why.
  private func shownState(of job: Job) -> (state: JobState, failure: JobFailure?) {
    guard job.kind == .modalityStore, job.state.isActive else { return (job.state, job.failure) }
    guard let destination = context.destinations[job.peer] else {
      return (.retry, JobFailure(.network, "\(job.peer) is no peer with host and port any more"))
    }
    guard let reason = destination.health.current.trouble else { return (job.state, job.failure) }
    return (.retry, JobFailure(.network, reason))
  }

  private func content(of job: Job) async throws -> [String: JSONValue] {
    switch job.kind {
    case .storageCommitmentSCP:
      guard let inquiry = try await ledger.inquiry(job.id) else { return [:] }
      return [
        "CalledAet": .string(inquiry.calledAE.rawValue), "RemoteAet": .string(inquiry.callingAE.rawValue),
        "TransactionUid": .string(inquiry.transactionUID.rawValue), "RemoteIp": .string(inquiry.address),
        "Description": "", "InstancesCount": .int(job.total), "DecidedInstancesCount": .int(job.done),
        "FailedInstancesCount": .int(inquiry.failed),
      ]
    case .modalityStore:
      return try await ledger.store(job.id).map { StoreContent(context: context).body($0) } ?? [:]
    }
  }
}

/// The content of a job that sends, which is also the answer to who waited for it.
struct StoreContent: Sendable {
  let context: EngineContext

  func body(_ store: StoreRecord) -> [String: JSONValue] {
    let peer = context.destinations[store.job.peer]?.peer
    var body: [String: JSONValue] = [
      "Description": "REST API", "FailedInstancesCount": .int(store.failed), "InstancesCount": .int(store.job.total),
      "LocalAet": .string(peer.map { context.localAE(for: $0).rawValue } ?? ""),
      "RemoteAet": .string(peer?.aeTitle.rawValue ?? store.job.peer.rawValue),
    ]
    let parents = Set(store.resources.map(\.rawValue)).sorted()
    if !parents.isEmpty { body["ParentResources"] = .array(parents.map { .string($0) }) }
    if let uid = store.transactionUID { body["StorageCommitmentTransactionUID"] = .string(uid.rawValue) }
    return body
  }
}

extension Job {
  /// In percent: each reference or instance, and for inquiries the begin and the telling, is one step.
  fileprivate var progress: Int {
    guard state != .success else { return 100 }
    switch kind {
    case .storageCommitmentSCP: return ((done + 1) * 200 / (total + 2) + 1) / 2
    case .modalityStore: return total == 0 ? 0 : (done * 200 / total + 1) / 2
    }
  }
}

extension JobFailure.Code {
  fileprivate var description: String {
    switch self {
    case .internalError: "Internal error"
    case .network: "Error in the network protocol"
    case .inexistentItem: "Accessing an inexistent item"
    case .canceled: "This job was canceled"
    }
  }
}

extension Timestamp {
  /// `YYYYMMDDTHHMMSS.ffffff` in UTC.
  var compatible: String {
    let text = rfc3339.filter { $0 != "-" && $0 != ":" && $0 != "Z" }
    let parts = text.split(separator: ".", maxSplits: 1)
    let fraction = String(microseconds % 1_000_000)
    return "\(parts[0])." + String(repeating: "0", count: max(6 - fraction.count, 0)) + fraction
  }

  /// `YYYYMMDDTHHMMSS` in UTC.
  var compatibleSeconds: String { String(compatible.prefix(15)) }
}

extension DestinationHealth {
  /// Why it cannot be reached now; nil when it can, or when that is being found out.
  var trouble: String? {
    guard state != .up else { return nil }
    return reason ?? "the peer is down"
  }
}
