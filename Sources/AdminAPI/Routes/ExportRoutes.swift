import DICOM
import EscrowCore
import EscrowEngine
import EscrowSpool
import Hummingbird
import NIOCore

/// `studies/{uid}/export`: the copies of a study as a tar archive that holds a file-set with a DICOMDIR (PS3.10 §8).
///
/// What is damaged is left out, and told in ``leftOut``. The directory comes last: without it the archive is cut off.
struct ExportRoutes: Sendable {
  let context: EngineContext

  /// The file that says what is missing; there is none when nothing is.
  static let leftOut = "LEFTOUT.TXT"

  func add(to api: RouterGroup<some RequestContext>) {
    api.get("studies/:uid/export") { _, parameters in
      try await export(UID(parameters.parameters.require("uid")))
    }
  }

  private func export(_ study: UID) async throws -> Response {
    let export = StudyExport(of: study, context: context)
    guard let set = try await export.fileSet() else {
      throw ProblemDetails.notFound("nothing is on record of study \(study.rawValue.escaped)")
    }
    guard !set.files.isEmpty else {
      throw ProblemDetails.conflict(
        "no whole copy of study \(study.rawValue.escaped) is here: " + set.leftOut.prefix(10).joined(separator: "; "))
    }
    try await export.note(set.files.count, actor: OperatorRoutes.actor)
    let list = Array(set.leftOut.map { $0 + "\n" }.joined().utf8)
    var entries: [Part] = []
    for (path, instance) in set.files {
      entries.append(
        Part(TarEntry(name: path, size: Int64(try await export.file(of: instance).length)), .copy(instance)))
    }
    if !list.isEmpty { entries.append(Part(TarEntry(name: Self.leftOut, size: Int64(list.count)), .bytes(list))) }
    entries.append(Part(TarEntry(name: "DICOMDIR", size: Int64(set.directory.count)), .bytes(set.directory)))
    return Response(
      status: .ok,
      headers: [
        .contentType: "application/x-tar", .cacheControl: "no-store",
        .contentDisposition: "attachment; filename=\"study.tar\"",
      ], body: body(entries, of: export))
  }

  private struct Part: Sendable {
    let entry: TarEntry
    let content: Content

    init(_ entry: TarEntry, _ content: Content) {
      self.entry = entry
      self.content = content
    }
  }

  private enum Content: Sendable {
    case bytes([UInt8])
    case copy(Instance)
  }

  /// Should a copy turn out damaged since it was read, the connection ends before that file is whole.
  private func body(_ parts: [Part], of export: StudyExport) -> ResponseBody {
    let length = parts.reduce(TarEntry.end.count) { $0 + $1.entry.length }
    return ResponseBody(contentLength: length) { [pool = context.pool] writer in
      for part in parts {
        try await writer.write(ByteBuffer(bytes: part.entry.header))
        switch part.content {
        case .bytes(let bytes): try await writer.write(ByteBuffer(bytes: bytes))
        case .copy(let instance):
          let file = try await export.file(of: instance)
          while let bytes = try await pool.runIfActive({ try file.next() }) {
            try await writer.write(ByteBuffer(bytes: bytes))
          }
        }
        try await writer.write(ByteBuffer(bytes: part.entry.padding))
      }
      try await writer.write(ByteBuffer(bytes: TarEntry.end))
      try await writer.finish(nil)
    }
  }
}
