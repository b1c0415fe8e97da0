import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import Foundation
import HTTPTypes
import Hummingbird

/// `/modalities`: the peers with a host and a port, those of the configuration and those that scripts name.
struct ModalityRoutes: Sendable {
  let context: EngineContext

  static let rights = [
    "AllowEcho", "AllowEventReport", "AllowFind", "AllowFindWorklist", "AllowGet", "AllowMove", "AllowNAction",
    "AllowStore", "AllowTranscoding",
  ]
  private static let manufacturers = [
    "Generic", "GenericNoWildcardInDates", "GenericNoUniversalWildcard", "StoreScp", "Vitrea", "GE",
  ]

  func add(to routing: CompatibleRouting<some RequestContext>) {
    routing.add("modalities", get: { request, _ in try await list(request) })
    routing.add(
      "modalities/:id", get: { _, context in try show(context.parameters.require("id")) },
      put: { request, context in try await put(context.parameters.require("id"), request) },
      delete: { _, context in try await delete(context.parameters.require("id")) })
    routing.add(
      "modalities/:id/configuration",
      get: { _, context in
        let peer = try destination(context.parameters.require("id")).peer
        return try await JSON.compatible(configuration(of: peer, named()[peer.name]))
      })
    routing.add(
      "modalities/:id/echo", post: { request, context in try await echo(context.parameters.require("id"), request) })
  }

  /// A destination by its name; the error of the reference when there is none.
  func destination(_ name: String) throws(CompatibleError) -> Destination {
    guard let destination = context.destinations[PeerName(name)] else {
      throw CompatibleError(.inexistentItem, "No modality with symbolic name: \(name.escaped)")
    }
    return destination
  }

  private func list(_ request: Request) async throws -> Response {
    let all = context.destinations.all
    guard request.has("expand") else { return try JSON.compatible(.array(all.map { .string($0.name.rawValue) })) }
    let named = try await named()
    let pairs = all.map { ($0.name.rawValue, configuration(of: $0.peer, named[$0.name])) }
    return try JSON.compatible(.object(Dictionary(uniqueKeysWithValues: pairs)))
  }

  private func show(_ name: String) throws -> Response {
    guard context.destinations[PeerName(name)] != nil else { throw EmptyAnswer(status: .notFound) }
    return try JSON.compatible(.array(["configuration", "echo", "storage-commitment", "store"]))
  }

  private func named() async throws -> [PeerName: NamedModality] {
    let all = try await context.ledger.modalities()
    return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
  }

  private func configuration(of peer: Peer, _ named: NamedModality?) -> JSONValue {
    var body: [String: JSONValue] = [
      "AET": .string(peer.aeTitle.rawValue), "Host": .string(peer.host ?? ""), "Port": .int(peer.port ?? 0),
      "LocalAet": .string(peer.localAE?.rawValue ?? ""), "Manufacturer": "Generic", "Timeout": 0,
      "UseDicomTls": false,
    ]
    for right in Self.rights { body[right] = false }
    if let named {
      for right in named.allowed { body[right] = true }
      body["Manufacturer"] = .string(named.manufacturer)
      body["Timeout"] = .int(named.timeout)
      return .object(body)
    }
    body["AllowEcho"] = .bool(peer.allow.contains(.echo))
    body["AllowStore"] = .bool(peer.allow.contains(.store))
    body["AllowNAction"] = .bool(peer.allow.contains(.commit))
    body["AllowEventReport"] = .bool(peer.allow.contains(.report))
    return .object(body)
  }

  // MARK: Naming

  private func put(_ name: String, _ request: Request) async throws -> Response {
    try refuseConfigured(name)
    guard !name.isEmpty, name.utf8.count <= 64,
      name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) })
    else {
      throw CompatibleError(
        .badFileFormat,
        "Only alphanumeric, dash characters and underscores are allowed in the names of modalities/peers, but found: "
          + name.escaped)
    }
    guard let body = JSONValue(try await request.wholeBody()) else { throw CompatibleError(.badFileFormat) }
    let modality = try Self.modality(name, body)
    do {
      try await Modalities(context: context).keep(modality, actor: OperatorRoutes.actor)
    } catch let error as ModalityError {
      throw CompatibleError(.badSequenceOfCalls, "\(error)", status: .conflict)
    }
    return Self.done
  }

  private func delete(_ name: String) async throws -> Response {
    try refuseConfigured(name)
    guard try await Modalities(context: context).forget(PeerName(name), actor: OperatorRoutes.actor) else {
      throw CompatibleError(.inexistentItem, "Unknown DICOM modality with symbolic name: \(name.escaped)")
    }
    return Self.done
  }

  private static var done: Response { Response(status: .ok, headers: [.contentType: "text/plain"]) }

  private func refuseConfigured(_ name: String) throws(CompatibleError) {
    guard context.settings.peers[PeerName(name)] != nil else { return }
    throw CompatibleError(
      .badSequenceOfCalls, "\(name.escaped) is a peer of escrow.yaml: change it there", status: .conflict)
  }

  private static func modality(_ name: String, _ body: JSONValue) throws(CompatibleError) -> NamedModality {
    var fields = body
    if case .array(let items) = body {
      guard (3...4).contains(items.count) else { throw CompatibleError(.badFileFormat) }
      var object: [String: JSONValue] = ["AET": items[0], "Host": items[1], "Port": items[2]]
      if items.count == 4 { object["Manufacturer"] = items[3] }
      fields = .object(object)
    }
    guard case .object = fields, let aeTitle = try fields.text("AET"), let host = try fields.text("Host") else {
      throw CompatibleError(.badFileFormat)
    }
    let title = AETitle(aeTitle)
    guard title.isValid else {
      throw CompatibleError(.badFileFormat, "An AE title has 1 to 16 characters, but found: \(aeTitle.escaped)")
    }
    guard !host.isEmpty else { throw CompatibleError(.badFileFormat, "The host is empty") }
    if try fields.boolean("UseDicomTls") == true {
      throw CompatibleError(.badFileFormat, "UseDicomTls is not supported yet")
    }
    let manufacturer = try fields.text("Manufacturer") ?? "Generic"
    guard manufacturers.contains(manufacturer) else {
      throw CompatibleError(.parameterOutOfRange, "Unknown modality manufacturer: \"\(manufacturer.escaped)\"")
    }
    let local = try fields.text("LocalAet").flatMap { $0.isEmpty ? nil : AETitle($0) }
    if let local, !local.isValid {
      throw CompatibleError(
        .badFileFormat, "An AE title has 1 to 16 characters, but found as LocalAet: \(local.rawValue.escaped)")
    }
    return NamedModality(
      name: PeerName(name), aeTitle: title, host: host, port: try port(fields["Port"]), manufacturer: manufacturer,
      localAE: local, timeout: try fields.unsigned("Timeout") ?? 0,
      allowed: try allowed(fields))
  }

  private static func port(_ value: JSONValue?) throws(CompatibleError) -> Int {
    let number: Int?
    switch value {
    case .int(let port): number = port
    case .string(let text): number = Int(text)
    default: number = nil
    }
    guard let number else { throw CompatibleError(.badFileFormat) }
    guard (1...65534).contains(number) else {
      throw CompatibleError(
        .parameterOutOfRange, "A TCP port number must be in range [1..65534], but found: \(number)")
    }
    return number
  }

  /// Everything unless it says otherwise.
  private static func allowed(_ fields: JSONValue) throws(CompatibleError) -> Set<String> {
    var allowed = Set(rights)
    if try fields.boolean("AllowStorageCommitment") == false {
      allowed.subtract(["AllowNAction", "AllowEventReport"])
    }
    for right in rights {
      guard let isAllowed = try fields.boolean(right) else { continue }
      if isAllowed { allowed.insert(right) } else { allowed.remove(right) }
    }
    return allowed
  }

  // MARK: Asking whether it is there

  private func echo(_ name: String, _ request: Request) async throws -> Response {
    let destination = try destination(name)
    let bytes = try await request.wholeBody()
    guard let body = bytes.isEmpty ? .object([:]) : JSONValue(bytes) else {
      throw CompatibleError(.badFileFormat, "Cannot parse the JSON body")
    }
    _ = try body.integer("Timeout")
    do {
      try await Echo(connector: context.connector).run(
        destination.peer, host: destination.host, port: destination.port,
        callingAE: context.localAE(for: destination.peer))
    } catch {
      throw CompatibleError(.network, "C-ECHO to \(destination.peer.aeTitle.rawValue.escaped): \(error)")
    }
    return try JSON.response(JSONValue.object([:]))
  }
}
