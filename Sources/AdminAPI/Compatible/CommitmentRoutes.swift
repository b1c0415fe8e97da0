import DICOM
import EscrowCore
import EscrowEngine
import Foundation
import Hummingbird

/// `/modalities/{id}/storage-commitment` and `/storage-commitment/{uid}`: asking others whether instances are safe there.
struct CommitmentRoutes: Sendable {
  let context: EngineContext

  private var ledger: any Ledger { context.ledger }

  func add(to routing: CompatibleRouting<some RequestContext>) {
    routing.add(
      "modalities/:id/storage-commitment",
      post: { request, context in try await ask(context.parameters.require("id"), request) })
    routing.add(
      "storage-commitment/:uid", get: { _, context in try await show(UID(context.parameters.require("uid"))) })
    routing.add(
      "storage-commitment/:uid/remove",
      post: { _, context in try await remove(UID(context.parameters.require("uid"))) })
  }

  // MARK: Asking

  private func ask(_ name: String, _ request: Request) async throws -> Response {
    let destination = try ModalityRoutes(context: context).destination(name)
    guard let body = JSONValue(try await request.wholeBody()), case .object = body else {
      throw CompatibleError(.badFileFormat, "Must provide a JSON object with a list of resources")
    }
    _ = try body.integer("Timeout")
    let references = try await references(in: body)
    let asked = try await Submission(context: context).ask(
      references, at: destination.name, actor: OperatorRoutes.actor)
    let path: [String: JSONValue] = [
      "ID": .string(asked.uid.rawValue), "Path": .string("/storage-commitment/\(asked.uid.rawValue)"),
    ]
    switch asked.answer {
    case .accepted: return try JSON.compatible(.object(path))
    case .refused(_, let message, _), .failed(_, let message), .notSent(let message, _):
      throw CompatibleError(
        .network, "\(message). It is asked again by itself: see \(asked.uid.rawValue)", more: path)
    }
  }

  private func references(in body: JSONValue) async throws -> [SOPInstance] {
    guard body["Resources"] != nil || body["DicomInstances"] != nil else {
      throw CompatibleError(
        .badFileFormat,
        "Empty storage commitment request, one of these fields is mandatory: \"Resources\" or \"DicomInstances\"")
    }
    var references: [SOPInstance] = []
    if let resources = body["Resources"] {
      guard let items = resources.items else {
        throw CompatibleError(
          .badFileFormat, "The \"Resources\" field must provide an array of Orthanc resources")
      }
      for item in items {
        guard let id = item.string else {
          throw CompatibleError(.badFileFormat, "The \"Resources\" field must provide an array of strings")
        }
        references += try await ResourceFinder(context: context).instances(of: id).map(\.sop)
      }
    }
    if let instances = body["DicomInstances"] {
      guard let items = instances.items else {
        throw CompatibleError(
          .badFileFormat, "The \"DicomInstances\" field must provide an array of DICOM instances")
      }
      for item in items { references.append(try Self.reference(item)) }
    }
    return references
  }

  /// `["class", "instance"]` or `{"SOPClassUID", "SOPInstanceUID"}`.
  private static func reference(_ item: JSONValue) throws(CompatibleError) -> SOPInstance {
    let classUID: String?
    let instanceUID: String?
    switch item {
    case .array(let pair):
      guard pair.count == 2, let first = pair[0].string, let second = pair[1].string else {
        throw CompatibleError(
          .badFileFormat,
          "An instance entry must provide an array with 2 strings: SOP Class UID and SOP Instance UID")
      }
      (classUID, instanceUID) = (first, second)
    case .object:
      (classUID, instanceUID) = (item["SOPClassUID"]?.string, item["SOPInstanceUID"]?.string)
    default:
      throw CompatibleError(.badFileFormat, "JSON array or object is expected to specify one instance to be queried")
    }
    guard let classUID, let instanceUID else {
      throw CompatibleError(
        .badFileFormat,
        "An instance entry must provide an object with 2 string fields: \"SOPClassUID\" and \"SOPInstanceUID\"")
    }
    guard !classUID.isEmpty, !instanceUID.isEmpty else {
      throw CompatibleError(
        .parameterOutOfRange,
        "The SOP class/instance UIDs cannot be empty, found: \"\(classUID)\" / \"\(instanceUID)\"")
    }
    guard canBeAsked(classUID), canBeAsked(instanceUID) else {
      throw CompatibleError(
        .parameterOutOfRange,
        "SOP class/instance UIDs are at most 64 characters that are asked for as one value, found: "
          + "\"\(classUID.escaped)\" / \"\(instanceUID.escaped)\"")
    }
    return SOPInstance(classUID: UID(classUID), instanceUID: UID(instanceUID))
  }

  /// Whether a data set can carry it as one UID. What it means is left to whom is asked, as the reference does.
  private static func canBeAsked(_ uid: String) -> Bool {
    uid.utf8.count <= 64 && uid.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }
  }

  // MARK: Showing

  private func show(_ uid: UID) async throws -> Response {
    let (record, items) = try await transaction(uid)
    let peer = context.destinations[record.destination]?.peer
    var body: [String: JSONValue] = [
      "RemoteAET": .string(peer?.aeTitle.rawValue ?? record.destination.rawValue),
      "Status": .string(Self.status(record, items).rawValue),
    ]
    if Self.status(record, items) != .pending {
      body["Success"] = .array(items.filter { $0.committed == true }.map { .object(Self.names($0.sop)) })
      body["Failures"] = .array(
        items.filter { $0.committed == false }.map { item in
          let reason = item.reasonCode ?? Vouching.processingFailure
          return .object(
            Self.names(item.sop).merging([
              "FailureReason": .int(Int(reason)), "Description": .string(FailureReasons.text(of: reason)),
            ]) { $1 })
        })
    }
    return try JSON.compatible(.object(body))
  }

  private enum Status: String {
    case pending = "Pending"
    case success = "Success"
    case failure = "Failure"
  }

  /// Not before every instance that was asked for was reported: a report that leaves some out is none of these.
  private static func status(_ record: TransactionRecord, _ items: [TransactionItem]) -> Status {
    if items.contains(where: { $0.committed == false }) {
      return items.contains { $0.committed == nil } ? .pending : .failure
    }
    if items.isEmpty { return record.state == .answered ? .success : .pending }
    return items.allSatisfy { $0.committed == true } ? .success : .pending
  }

  private static func names(_ sop: SOPInstance) -> [String: JSONValue] {
    ["SOPClassUID": .string(sop.classUID.rawValue), "SOPInstanceUID": .string(sop.instanceUID.rawValue)]
  }

  private func transaction(_ uid: UID) async throws -> (TransactionRecord, [TransactionItem]) {
    guard let record = try await ledger.transaction(uid), record.manual,
      let items = try await ledger.items(ofTransaction: uid)
    else {
      throw CompatibleError(
        .inexistentItem, "No storage commitment transaction with UID: \(uid.rawValue.escaped)")
    }
    return (record, items)
  }

  // MARK: Removing

  /// Lets the local copies go of exactly what was reported as committed, if everything was.
  private func remove(_ uid: UID) async throws -> Response {
    let (record, items) = try await transaction(uid)
    guard let peer = context.destinations[record.destination]?.peer else {
      throw CompatibleError(
        .badSequenceOfCalls, "\(record.destination) is not known any more, so neither is who answered",
        status: .conflict)
    }
    if context.isOurselves(peer) {
      throw CompatibleError(
        .badSequenceOfCalls, "\(record.destination) is Escrow itself, whose word proves nothing", status: .conflict)
    }
    guard Self.status(record, items) == .success else {
      throw CompatibleError(
        .badSequenceOfCalls,
        "Cannot remove DICOM instances after failure in storage commitment transaction: \(uid.rawValue.escaped)",
        status: .conflict)
    }
    var instances: [InstanceID] = []
    for item in items {
      let found = try await ledger.instances(
        InstanceFilter(sopInstanceUID: item.sop.instanceUID), page: PageRequest(limit: 1000))
      instances += found.items.map(\.instance).filter { $0.state.isKept && $0.sop == item.sop }.map(\.id)
    }
    try await Removal(context: context).remove(instances, provedBy: uid)
    return try JSON.response(JSONValue.object([:]))
  }
}

/// Texts of the Failure Reason (PS3.3 §C.14.1.1).
enum FailureReasons {
  static func text(of reason: UInt16) -> String {
    switch reason {
    case 0x0110: "A general failure in processing the operation was encountered"
    case 0x0112:
      "One or more of the elements in the Referenced SOP Instance Sequence was not available"
    case 0x0119:
      "The SOP Class of an element in the Referenced SOP Instance Sequence did not correspond to the SOP class "
        + "registered for this SOP Instance at the SCP"
    case 0x0122:
      "Storage Commitment has been requested for a SOP Instance with a SOP Class that is not supported by the SCP"
    case 0x0131: "The Transaction UID of the Storage Commitment Request is already in use"
    case 0x0213: "The SCP does not currently have enough resources to store the requested SOP Instance(s)"
    default: "Unknown failure reason"
    }
  }
}

/// Lets copies go on an explicit wish, through the purge guard.
struct Removal: Sendable {
  let context: EngineContext

  /// All of them, or none if something stands against one: throws what does.
  func remove(_ instances: [InstanceID], provedBy transaction: UID? = nil) async throws {
    let obstacles = try await context.ledger.remove(
      instances, provedBy: transaction, actor: OperatorRoutes.actor, now: context.clock.now())
    context.wakeFollowers()
    guard !obstacles.isEmpty else { return }
    let texts = obstacles.sorted { $0.key < $1.key }.prefix(10).map { "\($0.key): \($0.value)" }
    throw CompatibleError(
      .badSequenceOfCalls,
      "\(obstacles.count) of \(instances.count) may not be deleted: \(texts.joined(separator: "; "))",
      status: .conflict)
  }

  /// Without proof, because an administrator says so.
  func force(_ instances: [InstanceID]) async throws {
    let result = try await OperatorChanges(context: context).change(
      InstanceFilter(ids: Set(instances)), .discard,
      by: BulkOrder(actor: OperatorRoutes.actor, reason: "DELETE with force=true"))
    guard let first = result.skipped.first else { return }
    throw CompatibleError(
      .badSequenceOfCalls, "\(result.skipped.count) of \(instances.count) cannot be discarded: \(first.reason)",
      status: .conflict)
  }
}
