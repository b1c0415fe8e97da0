import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import EscrowSpool

/// Finds what scripts name by the reference system's ids.
struct ResourceFinder: Sendable {
  let context: EngineContext

  private var ledger: any Ledger { context.ledger }

  /// The instances of a resource of any level.
  func instances(of text: String) async throws -> [Instance] {
    let id = ResourceID(rawValue: text)
    guard id.isValid, text == text.lowercased() else { throw CompatibleError(.unknownResource) }
    for level in ResourceLevel.allCases {
      let found = try await ledger.instances(of: Resource(level, id))
      if !found.isEmpty { return found }
    }
    throw CompatibleError(.unknownResource)
  }

  /// The instances of a resource; nil when there is none at that level.
  func instances(_ level: ResourceLevel, _ text: String) async throws -> [Instance]? {
    let id = ResourceID(rawValue: text)
    guard id.isValid, id.rawValue == text.lowercased() else { return nil }
    let found = try await ledger.instances(of: Resource(level, id))
    return found.isEmpty ? nil : found
  }

  /// A resource as the reference shows it; `instances` are its own, the first first.
  func body(_ level: ResourceLevel, _ instances: [Instance]) async throws -> JSONValue {
    guard let first = instances.first else { return .null }
    let read = try await context.pool.runIfActive { [context] in
      let stored = StoredInstance(first, in: context)
      // What cannot be read is shown by what is on record.
      let header = (try? stored.header(wanted: MainTags.tags)) ?? Header()
      return (header: header, length: (try? stored.file().length) ?? Int(first.dataSetLength))
    }
    var body: [String: JSONValue] = [
      "ID": .string(first.resource(level).rawValue), "Type": .string(level.type),
      "MainDicomTags": MainTags.body(level.mainTags, of: read.header),
    ]
    if let parent = level.parent { body["Parent\(parent.type)"] = .string(first.resource(parent).rawValue) }
    if level == .instance {
      body["FileSize"] = .int(read.length)
      body["FileUuid"] = .string(first.file.rawValue)
      body["IndexInSeries"] = read.header.string(.instanceNumber).flatMap { Int($0) }.map { .int($0) } ?? .null
    } else {
      body.merge(children(of: level, instances)) { $1 }
      let last = instances.map(\.receivedAt).max() ?? first.receivedAt
      body["IsStable"] = .bool(context.clock.now().since(last) >= context.settings.studyQuiet)
      body["LastUpdate"] = .string(last.compatibleSeconds)
    }
    if level == .study { body["PatientMainDicomTags"] = MainTags.body(MainTags.patient, of: read.header) }
    if level == .series { body.merge(expectation(read.header, count: instances.count)) { $1 } }
    return .object(body)
  }

  private func children(of level: ResourceLevel, _ instances: [Instance]) -> [String: JSONValue] {
    guard let child = ResourceLevel(rawValue: level.rawValue + 1) else { return [:] }
    var seen: Set<ResourceID> = []
    let ids = instances.map { $0.resource(child) }.filter { seen.insert($0).inserted }
    return [child.plural: .array(ids.map { .string($0.rawValue) })]
  }

  private func expectation(_ header: Header, count: Int) -> [String: JSONValue] {
    guard let expected = header.string(.imagesInAcquisition).flatMap({ Int($0) }), expected > 0 else {
      return ["ExpectedNumberOfInstances": .null, "Status": "Unknown"]
    }
    let status = count == expected ? "Complete" : count < expected ? "Missing" : "Inconsistent"
    return ["ExpectedNumberOfInstances": .int(expected), "Status": .string(status)]
  }
}

extension ResourceLevel {
  var type: String {
    switch self {
    case .patient: "Patient"
    case .study: "Study"
    case .series: "Series"
    case .instance: "Instance"
    }
  }

  var plural: String {
    switch self {
    case .patient: "Patients"
    case .study: "Studies"
    case .series: "Series"
    case .instance: "Instances"
    }
  }

  /// Where the level is listed.
  var path: String { plural.lowercased() }

  fileprivate var mainTags: [String] {
    switch self {
    case .patient: MainTags.patient
    case .study: MainTags.study
    case .series: MainTags.series
    case .instance: MainTags.instance
    }
  }
}

extension Tag {
  fileprivate static let instanceNumber = Tag(0x0020, 0x0013)
  fileprivate static let imagesInAcquisition = Tag(0x0020, 0x1002)
}
