import DICOM
import EscrowConfiguration
import EscrowCore
import EscrowEngine
import Foundation
import Hummingbird

/// `/system`, `/statistics` and `/tools/lookup`.
struct SystemRoutes: Sendable {
  let context: EngineContext
  let readiness: Readiness

  func add(to routing: CompatibleRouting<some RequestContext>) {
    routing.add("system", get: { request, _ in try system(request) })
    routing.add("statistics", get: { _, _ in try await statistics() })
    routing.add("tools/lookup", post: { request, _ in try await lookup(request) })
  }

  private func system(_ request: Request) throws -> Response {
    let settings = context.settings
    return try JSON.compatible(
      .object([
        "ApiVersion": 16, "CheckRevisions": false, "DatabaseBackendPlugin": .null, "DatabaseVersion": 6,
        "DicomAet": .string(settings.aeTitles.first?.rawValue ?? ""),
        "DicomPort": .int(readiness.port ?? settings.dicom.port), "HttpPort": .int(settings.http.port),
        "IsHttpServerSecure": true, "Name": "Escrow", "PluginsEnabled": false, "StorageAreaPlugin": .null,
        "Version": .string(Software.version),
      ]))
  }

  private func statistics() async throws -> Response {
    let counts = try await context.ledger.countResources()
    let bytes = JSONValue.string(String(counts.bytes))
    let megabytes = JSONValue.int(Int(counts.bytes / (1024 * 1024)))
    return try JSON.compatible(
      .object([
        "CountPatients": .int(counts.patients), "CountStudies": .int(counts.studies),
        "CountSeries": .int(counts.series), "CountInstances": .int(counts.instances), "TotalDiskSize": bytes,
        "TotalDiskSizeMB": megabytes, "TotalUncompressedSize": bytes, "TotalUncompressedSizeMB": megabytes,
      ]))
  }

  private func lookup(_ request: Request) async throws -> Response {
    let text = String(decoding: try await request.wholeBody(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let found = text.isEmpty ? [] : try await context.ledger.lookup(text)
    return try JSON.compatible(
      .array(
        found.map { resource in
          .object([
            "ID": .string(resource.id.rawValue), "Path": .string("/\(resource.level.path)/\(resource.id.rawValue)"),
            "Type": .string(resource.level.type),
          ])
        }))
  }
}
